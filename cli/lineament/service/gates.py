"""A collection's own rules of enrolment."""

from __future__ import annotations

from typing import Any

from lineament.connection.client import Client
from lineament.service.collections import Collection

QUALITIES = ("low", "medium", "high")
"""Values of qualityForRecognition, lowest first, that a face may be required to have."""

ANY_QUALITY = "any"
"""In a request: the gate's lowest quality does not apply."""

FACE_RULES = ("only", "largest")
"""Require a single face in an image, or take the largest one."""

_GATE = "lineament/v1/gate"


def get_gate(client: Client, collection: Collection) -> dict[str, Any]:
    """The gate: collection, minimumQuality and faces, None where there is no such rule."""
    found: dict[str, Any] = client.json("GET", _GATE, query={"collection": str(collection)})
    return found


def set_gate(
    client: Client, collection: Collection, minimum_quality: str | None, faces: str | None
) -> dict[str, Any]:
    """Replace the gate by one of at least one rule, and return it."""
    body = {"minimumQuality": minimum_quality, "faces": faces}
    made: dict[str, Any] = client.json(
        "PUT", _GATE, query={"collection": str(collection)}, json=body
    )
    return made


def remove_gate(client: Client, collection: Collection) -> None:
    """Remove the gate."""
    client.json("DELETE", _GATE, query={"collection": str(collection)})
