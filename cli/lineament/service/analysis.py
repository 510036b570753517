"""Lineament's own operations on images: recognize, compare, explain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lineament.connection.client import Client
from lineament.service.images import Image, read_image
from lineament.service.persons import is_uuid
from lineament.service.recognition import DETECTION_MODEL

_OWN = "lineament/v1"


def recognize(
    client: Client,
    image: Image,
    collections: Sequence[str],
    *,
    faces: str,
    threshold: float | None,
    most: int,
    attributes: str | None,
) -> dict[str, Any]:
    """The faces on an image with their candidates, names included, by one request."""
    query = {
        "collections": ",".join(collections),
        "faces": faces,
        "confidenceThreshold": threshold,
        "maxNumOfCandidatesReturned": most,
        "returnFaceAttributes": attributes,
        "detectionModel": DETECTION_MODEL,
    }
    found: dict[str, Any] = client.json("POST", f"{_OWN}/recognize", query=query, **image.body)
    return found


def compare(
    client: Client, probe: str, against: Sequence[str], threshold: float | None
) -> dict[str, Any]:
    """Compare the faces of a probe with those of up to 30 images or faceIds."""
    body = {"probe": reference(probe), "against": [reference(one) for one in against]}
    return _compare(client, body, threshold)


def compare_with_person(
    client: Client, probe: str, collection: str, person_id: str, threshold: float | None
) -> dict[str, Any]:
    """Compare the faces of a probe with those of a person."""
    person = {"collection": collection, "personId": person_id}
    return _compare(client, {"probe": reference(probe), "person": person}, threshold)


def explain(
    client: Client,
    image: Image,
    *,
    other: str | None,
    collections: Sequence[str],
    threshold: float | None,
    most: int,
) -> dict[str, Any]:
    """What was found on an image, what was rejected, and by which rules."""
    query = {
        "collections": ",".join(collections) or None,
        "confidenceThreshold": threshold,
        "maxNumOfCandidatesReturned": most,
        "detectionModel": DETECTION_MODEL,
    }
    body = image.body
    if other is not None:
        body = {"json": {**image.reference, "other": reference(other)}}
    found: dict[str, Any] = client.json("POST", f"{_OWN}/explain", query=query, **body)
    return found


def reference(text: str) -> dict[str, str]:
    """A face in a body: a faceId, or an image as :func:`read_image` understands it."""
    if is_uuid(text) and not Path(text).exists():
        return {"faceId": text.lower()}
    return read_image(text).reference


def _compare(client: Client, body: dict[str, Any], threshold: float | None) -> dict[str, Any]:
    if threshold is not None:
        body["confidenceThreshold"] = threshold
    found: dict[str, Any] = client.json("POST", f"{_OWN}/compare", json=body)
    return found
