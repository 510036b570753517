"""Encodes embeddings in documents: base64 of little-endian float32, and the length before that.

Documents of older versions have no length.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from shared.domain.values import Embedding

EMBEDDING_MEMBERS = ("embedding", "embeddingModel", "embeddingLength")
"""The members that ``read_embedding`` reads."""


def embedding_members(embedding: Embedding) -> dict[str, object]:
    """The members that hold an embedding; without the length where it is not known."""
    content = np.ascontiguousarray(embedding.vector, dtype="<f4").tobytes()
    members: dict[str, object] = {
        "embedding": base64.b64encode(content).decode("ascii"),
        "embeddingModel": embedding.model,
    }
    if embedding.length is not None:
        members["embeddingLength"] = embedding.length
    return members


def read_embedding(body: Mapping[str, Any]) -> Embedding:
    """Decode the members of ``embedding_members``; the vector is read-only."""
    vector = np.frombuffer(base64.b64decode(body["embedding"]), dtype="<f4")
    return Embedding(vector, body["embeddingModel"], body.get("embeddingLength"))
