"""Detect and identify, by Azure's operations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lineament.connection.client import Client
from lineament.errors import Refused
from lineament.service.collections import FACE, Collection, get_collection
from lineament.service.images import Image
from lineament.service.persons import person_path

DETECTION_MODEL = "detection_03"
RECOGNITION_MODEL = "recognition_04"
_FACES_AT_ONCE = 10
_UNKNOWN_MODEL = "'recognitionModel' is invalid."


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


@contextmanager
def model_option(model: str) -> Iterator[None]:
    """Names the option ``--model`` where the service does not know its value.

    Raises:
        Refused: the service has no such recognition model.
    """
    try:
        yield
    except Refused as error:
        if _UNKNOWN_MODEL not in error.message:
            raise
        raise Refused(
            f"--model {model}: the service has no such recognition model. Give one of"
            " recognition_01 to recognition_04, or the name that the service's FACE_MODEL_NAME"
            " sets.",
            code=error.code,
            status=error.status,
        ) from None


class Identification:
    """Identifies the faces on images among the persons of a trained group.

    Args:
        threshold: least confidence of a candidate; None: the service's.
        most: candidates of a face.
    """

    def __init__(
        self, client: Client, group: Collection, *, threshold: float | None, most: int
    ) -> None:
        self._client = client
        self._group = group
        self._threshold = threshold
        self._most = most
        facts = get_collection(client, group)
        self._model = str(facts.get("recognitionModel", RECOGNITION_MODEL))
        self._names: dict[str, str] = {}

    def faces(self, image: Image) -> list[dict[str, Any]]:
        """The faces on an image with their candidates, names included.

        Returns:
            ``[{"faceRectangle", "candidates": [{"personId", "name", "confidence"}]}]``.
        """
        faces = detect(self._client, image, face_ids=True, recognition_model=self._model)
        ids = [face["faceId"] for face in faces]
        known = _identified(self._client, ids, self._group, self._threshold, self._most)
        for face in faces:
            face["candidates"] = known.get(face["faceId"], [])
            for candidate in face["candidates"]:
                person = candidate["personId"]
                candidate["name"] = _name(self._client, self._group, person, self._names)
        return faces


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
