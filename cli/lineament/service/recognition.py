"""Detect and identify, by Azure's operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lineament.connection.client import Client
from lineament.service.collections import FACE, Collection, get_collection
from lineament.service.images import Image
from lineament.service.persons import person_path

DETECTION_MODEL = "detection_03"
RECOGNITION_MODEL = "recognition_04"
_FACES_AT_ONCE = 10


def detect(
    client: Client,
    image: Image,
    *,
    attributes: str | None = None,
    landmarks: bool = False,
    face_ids: bool = False,
    recognition_model: str = RECOGNITION_MODEL,
    detection_model: str = DETECTION_MODEL,
) -> list[dict[str, Any]]:
    """The faces on an image, largest first, as Azure's detect returns them."""
    query = {
        "returnFaceId": face_ids,
        "returnFaceLandmarks": landmarks,
        "returnFaceAttributes": attributes,
        "recognitionModel": recognition_model,
        "detectionModel": detection_model,
    }
    found: list[dict[str, Any]] = client.json("POST", f"{FACE}/detect", query=query, **image.body)
    return found


def identify(
    client: Client,
    images: Sequence[Image],
    group: Collection,
    *,
    threshold: float | None,
    most: int,
) -> list[dict[str, Any]]:
    """The faces on images with their candidates in a trained group, names included.

    Returns:
        For each image ``{"image", "faces": [{"faceRectangle", "candidates": [{"personId", "name",
        "confidence"}]}]}``.
    """
    model = str(get_collection(client, group).get("recognitionModel", RECOGNITION_MODEL))
    names: dict[str, str] = {}
    results = []
    for image in images:
        faces = detect(client, image, face_ids=True, recognition_model=model)
        known = _identified(client, [face["faceId"] for face in faces], group, threshold, most)
        for face in faces:
            face["candidates"] = known.get(face["faceId"], [])
            for candidate in face["candidates"]:
                candidate["name"] = _name(client, group, candidate["personId"], names)
        results.append({"image": image.name, "faces": faces})
    return results


def _identified(
    client: Client, ids: list[str], group: Collection, threshold: float | None, most: int
) -> dict[str, list[dict[str, Any]]]:
    body: dict[str, Any] = {group.id_name: group.id, "maxNumOfCandidatesReturned": most}
    if threshold is not None:
        body["confidenceThreshold"] = threshold
    found = {}
    for start in range(0, len(ids), _FACES_AT_ONCE):
        body["faceIds"] = ids[start : start + _FACES_AT_ONCE]
        for one in client.json("POST", f"{FACE}/identify", json=body):
            found[one["faceId"]] = one["candidates"]
    return found


def _name(client: Client, group: Collection, person_id: str, names: dict[str, str]) -> str:
    if person_id not in names:
        names[person_id] = client.json("GET", person_path(group, person_id))["name"]
    return names[person_id]
