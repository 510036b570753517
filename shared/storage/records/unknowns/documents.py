"""Clusters and sightings as documents: partitions, ids and bodies.

One partition per embedding model holds everything about its faces, so that a cluster and its
sightings change together, and processes follow the clusters by the changes of the partition:

    head                          is replaced with every new cluster; see `clusters.py`
    c.<unknownId>                 a cluster
    s.<part>.<time>.<sightingId>  a sighting, under the id of the cluster it was first added to
    f.<sightingId>                where the sighting is; outlives it, so that it is not added again
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.domain.face.attributes import Level
from shared.domain.face.geometry import Rectangle
from shared.domain.face.unknowns import Cluster, Part, Promotion, Sighting, UploadSeen
from shared.storage.documents.store import Document, Key, read_time, stored_time
from shared.storage.records.embeddings import embedding_members, read_embedding

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLUSTER_PREFIX = "c."
HEAD = "head"
INDEXED_MEMBERS = ("parts", "days", "erasing")
"""The members of a cluster's body that the index in memory needs."""

_STAMP = "%Y%m%d%H%M%S%f"


def partition_of(model: str) -> str:
    """The partition of an embedding model."""
    return f"m:{model}"


def head_key(model: str) -> Key:
    """The key of the document that is replaced with every new cluster."""
    return Key(partition_of(model), HEAD)


def cluster_key(model: str, unknown_id: str) -> Key:
    """The key of a cluster."""
    return Key(partition_of(model), CLUSTER_PREFIX + unknown_id)


def sighting_prefix(part: str) -> str:
    """The prefix of the ids of a part's sightings."""
    return f"s.{part}."


def sighting_id(part: str, seen: datetime, sighting: str) -> str:
    """The id of a sighting's document; those of a part sort by time."""
    return f"{sighting_prefix(part)}{seen.strftime(_STAMP)}.{sighting}"


def place_id(sighting: str) -> str:
    """The id of the document that says where a sighting is."""
    return f"f.{sighting}"


def place_body(part: str, seen: datetime) -> dict[str, object]:
    """The body of that document."""
    return {"part": part, "seen": stored_time(seen)}


def part_of(document: Document) -> str:
    """The part of a sighting's document."""
    return document.key.id.split(".")[1]


def cluster_body(cluster: Cluster) -> dict[str, object]:
    """The body of a cluster's document."""
    return {
        "parts": [
            [one.part_id, base64.b64encode(_bytes(one.total)).decode("ascii"), one.weight]
            for one in cluster.parts
        ],
        "days": dict(cluster.days),
        "firstSeen": stored_time(cluster.first_seen),
        "lastSeen": stored_time(cluster.last_seen),
        "uploads": [[one.name, stored_time(one.seen)] for one in cluster.uploads],
        "erasing": cluster.erasing,
        "promotion": None if cluster.promotion is None else _promotion_body(cluster.promotion),
    }


def read_cluster(document: Document) -> Cluster:
    """Decode a body made by ``cluster_body``."""
    body = document.body
    return Cluster(
        document.key.id.removeprefix(CLUSTER_PREFIX),
        document.key.partition.removeprefix("m:"),
        read_parts(body),
        days=body["days"],
        first_seen=read_time(body["firstSeen"]),
        last_seen=read_time(body["lastSeen"]),
        uploads=tuple(UploadSeen(name, read_time(seen)) for name, seen in body["uploads"]),
        erasing=body["erasing"],
        promotion=None if body["promotion"] is None else _read_promotion(*body["promotion"]),
        etag=document.etag,
    )


def _promotion_body(promotion: Promotion) -> list[object]:
    return [promotion.person_id, stored_time(promotion.since), promotion.creates]


def _read_promotion(person_id: str, since: str, creates: bool = True) -> Promotion:
    """Older versions noted only promotions that create a person."""
    return Promotion(person_id, read_time(since), creates)


def read_parts(body: Mapping[str, Any]) -> tuple[Part, ...]:
    """The parts of a cluster; their arrays are read-only."""
    return tuple(
        Part(part_id, np.frombuffer(base64.b64decode(total), dtype="<f4"), weight)
        for part_id, total, weight in body["parts"]
    )


def _bytes(total: NDArray[np.float32]) -> bytes:
    return np.ascontiguousarray(total, dtype="<f4").tobytes()


def sighting_body(sighting: Sighting) -> dict[str, object]:
    """The body of a sighting's document."""
    rectangle = sighting.rectangle
    return {
        "upload": sighting.upload,
        "rectangle": [rectangle.left, rectangle.top, rectangle.width, rectangle.height],
        "quality": sighting.quality.value,
        **embedding_members(sighting.embedding),
    }


def read_sighting(document: Document) -> Sighting:
    """Decode a body made by ``sighting_body``."""
    _, _, stamp, name = document.key.id.split(".")
    body = document.body
    return Sighting(
        name,
        body["upload"],
        datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC),
        Rectangle(*body["rectangle"]),
        Level(body["quality"]),
        read_embedding(body),
    )
