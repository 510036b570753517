"""Encodes embeddings in documents: base64 of little-endian float32."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from shared.domain.values import Embedding

EMBEDDING_MEMBERS = ("embedding", "embeddingModel")
"""The members that ``read_embedding`` reads."""


def embedding_members(embedding: Embedding) -> dict[str, str]:
    """The two members that hold an embedding."""
    content = np.ascontiguousarray(embedding.vector, dtype="<f4").tobytes()
    return {
        "embedding": base64.b64encode(content).decode("ascii"),
        "embeddingModel": embedding.model,
    }


def read_embedding(body: Mapping[str, Any]) -> Embedding:
    """Decode the members of ``embedding_members``; the vector is read-only."""
    vector = np.frombuffer(base64.b64decode(body["embedding"]), dtype="<f4")
    return Embedding(vector, body["embeddingModel"])
