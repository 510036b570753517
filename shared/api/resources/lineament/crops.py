"""Converts crop between the wire and the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.api import parameters as p
from shared.api.call import Call
from shared.api.operations import Content
from shared.api.resources.lineament import parameters as own
from shared.domain.face.recognition import RecognitionRequest
from shared.domain.models import LATEST_DETECTION_MODEL
from shared.domain.requests import DetectionOptions

if TYPE_CHECKING:
    from shared.services.people.face_crops import CropRequest

PNG, JPEG = "image/png", "image/jpeg"


def crop_request(call: Call) -> CropRequest:
    """What the query asks to crop."""
    from shared.services.people.face_crops import CropMode, CropRequest
    from shared.vision.crops import ImageFormat

    return CropRequest(
        CropMode(call.arguments[own.CROP_MODE]),
        ImageFormat(call.arguments[own.CROP_FORMAT]),
        call.arguments[p.TARGET_FACE],
        call.arguments[own.PADDING],
        call.arguments[own.CROP_SIZE] or None,
        _searched_names(call),
    )


def cropped_content(call: Call, image: bytes) -> Content:
    """The image file as a response."""
    return Content(PNG if call.arguments[own.CROP_FORMAT] == "png" else JPEG, image)


def _searched_names(call: Call) -> RecognitionRequest | None:
    scopes = call.arguments[own.COLLECTIONS]
    if not scopes:
        return None
    options = DetectionOptions(
        recognition_model=call.arguments[own.DIRECTORY_MODEL],
        detection_model=LATEST_DETECTION_MODEL,
        remember=False,
    )
    return RecognitionRequest(scopes, options, threshold=call.arguments[own.CONFIDENCE_THRESHOLD])
