"""Options of an upload, read from the blob's metadata."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from shared.domain import limits
from shared.domain.collections import LARGE_PERSON_GROUP, PERSON_GROUP, CollectionKey
from shared.domain.errors import BadArgument
from shared.domain.face.enrolment import NO_RULES, EnrolmentRules, FaceChoice, MinimumQuality
from shared.domain.identifiers import is_collection_id
from shared.domain.models import DETECTION_MODELS, LATEST_RECOGNITION_MODEL, RECOGNITION_MODELS
from shared.domain.requests import DetectionOptions

_DECIMAL = re.compile(r"[0-9]{1,2}(\.[0-9]{1,20})?")
_MOST_DIGITS = 10
"""Maximum digits of a number in the metadata; limits the time of its conversion."""

_GROUPS = {"persongroupid": PERSON_GROUP, "largepersongroupid": LARGE_PERSON_GROUP}


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """Detection options, and the group to identify each face in, if any.

    Attributes:
        threshold: minimum confidence of a candidate; None: the default of identify.
        names: whether the result has the names of persons.
        rules: what an image must meet to be enrolled.
        enrolment_model: the recognition model of a collection that is created for the upload.
    """

    NAMES: ClassVar[tuple[str, ...]] = (
        *_GROUPS,
        "recognitionmodel",
        "detectionmodel",
        "faceidtimetolive",
        "confidencethreshold",
        "names",
        "minimumquality",
        "faces",
    )

    detection: DetectionOptions = field(default_factory=DetectionOptions)
    group: CollectionKey | None = None
    threshold: float | None = None
    names: bool = False
    rules: EnrolmentRules = NO_RULES
    enrolment_model: str = LATEST_RECOGNITION_MODEL

    def for_model(self, recognition_model: str) -> UploadOptions:
        """The same options with a group's recognition model."""
        return replace(self, detection=replace(self.detection, recognition_model=recognition_model))


def parse_upload_options(
    metadata: Mapping[str, str], recognition_models: tuple[str, ...] = RECOGNITION_MODELS
) -> UploadOptions:
    """Parse a blob's metadata.

    Args:
        recognition_models: the available models.
        metadata: names in lower case; names other than ``UploadOptions.NAMES`` are ignored.

    Raises:
        BadArgument: a value is malformed, or both kinds of group are named.
    """
    options = DetectionOptions()
    if (model := metadata.get("recognitionmodel")) is not None:
        options = replace(
            options, recognition_model=_choice(model, recognition_models, "recognitionModel")
        )
    if (model := metadata.get("detectionmodel")) is not None:
        options = replace(
            options, detection_model=_choice(model, DETECTION_MODELS, "detectionModel")
        )
    if (seconds := metadata.get("faceidtimetolive")) is not None:
        options = replace(options, time_to_live=_time_to_live(seconds))
    return UploadOptions(
        options,
        _group(metadata),
        _threshold(metadata.get("confidencethreshold")),
        _names(metadata.get("names")),
        _rules(metadata),
        options.recognition_model if "recognitionmodel" in metadata else LATEST_RECOGNITION_MODEL,
    )


def _group(metadata: Mapping[str, str]) -> CollectionKey | None:
    named = [name for name in _GROUPS if name in metadata]
    if len(named) > 1:
        raise BadArgument("Name only one of personGroupId and largePersonGroupId.")
    if not named:
        return None
    kind, collection_id = _GROUPS[named[0]], metadata[named[0]]
    if not is_collection_id(collection_id):
        raise BadArgument(f"{kind.title} ID is invalid.")
    return CollectionKey(kind, collection_id)


def _choice(text: str, choices: tuple[str, ...], name: str) -> str:
    if text.lower() not in choices:
        raise BadArgument(f"'{name}' is invalid.")
    return text.lower()


def _time_to_live(text: str) -> int:
    low, high = limits.FACE_ID_TIME_TO_LIVE
    digits = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    if not (digits and low <= int(text) <= high):
        raise BadArgument(f"'faceIdTimeToLive' is invalid. Use {low} to {high} seconds.")
    return int(text)


def _threshold(text: str | None) -> float | None:
    if text is None:
        return None
    if not _DECIMAL.fullmatch(text) or not 0.0 <= float(text) <= 1.0:
        raise BadArgument("'confidenceThreshold' is invalid. Use 0 to 1.")
    return float(text)


def _names(text: str | None) -> bool:
    if text is not None and text.lower() not in ("true", "false"):
        raise BadArgument("'names' is invalid. Use true or false.")
    return text is not None and text.lower() == "true"


def _rules(metadata: Mapping[str, str]) -> EnrolmentRules:
    quality, faces = metadata.get("minimumquality"), metadata.get("faces")
    return EnrolmentRules(
        None
        if quality is None
        else MinimumQuality(_choice(quality, (*MinimumQuality,), "minimumQuality")),
        None if faces is None else FaceChoice(_choice(faces, (*FaceChoice,), "faces")),
    )
