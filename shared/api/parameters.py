"""Query parameters: each is declared once, with how it is read and what is said if it is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.domain import limits
from shared.domain.errors import BadArgument
from shared.domain.face.geometry import Rectangle
from shared.domain.identifiers import canonical_uuid
from shared.domain.models import (
    DEFAULT_DETECTION_MODEL,
    DEFAULT_RECOGNITION_MODEL,
    DETECTION_MODELS,
    RECOGNITION_MODELS,
)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Parameter(Generic[_T]):
    """A query parameter.

    Attributes:
        name: as it is documented; clients may send it in any case.
        default: what it is where it is absent.
        parse: text to value; raises BadArgument.
        meaning: one sentence for the reference.
        schema: JSON schema of the value.
    """

    name: str
    default: _T
    parse: Callable[[str], _T]
    meaning: str
    schema: Mapping[str, object]


def _flag(name: str, default: bool, meaning: str) -> Parameter[bool]:
    def parse(text: str) -> bool:
        if text.lower() not in ("true", "false"):
            raise BadArgument(f"Invalid argument {name}. Use true or false.")
        return text.lower() == "true"

    return Parameter(name, default, parse, meaning, {"type": "boolean", "default": default})


def _whole(
    name: str, default: int, bounds: tuple[int, int], message: str, meaning: str
) -> Parameter[int]:
    low, high = bounds

    def parse(text: str) -> int:
        # isascii: int() would read other scripts' digits too.
        if not (text.isascii() and text.isdecimal() and low <= int(text[:10]) <= high):
            raise BadArgument(message)
        return int(text)

    schema = {"type": "integer", "minimum": low, "maximum": high, "default": default}
    return Parameter(name, default, parse, meaning, schema)


def _choice(
    name: str, default: str, choices: Sequence[str], message: str, meaning: str
) -> Parameter[str]:
    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise BadArgument(message)
        return text.lower()

    schema = {"type": "string", "enum": list(choices), "default": default}
    return Parameter(name, default, parse, meaning, schema)


def _text(name: str, longest: int, message: str, meaning: str) -> Parameter[str | None]:
    def parse(text: str) -> str:
        if len(text) > longest:
            raise BadArgument(message)
        return text

    return Parameter(name, None, parse, meaning, {"type": "string", "maxLength": longest})


def _start_person(text: str) -> str:
    if len(text) > limits.MAXIMUM_START_LENGTH:
        raise BadArgument("'start' is too long.")
    person_id = canonical_uuid(text)
    if person_id is None:
        raise BadArgument("'start' is not valid person ID.")
    return person_id


def _target_face(text: str) -> Rectangle:
    parts = text.split(",")
    if len(parts) != 4 or not all(_is_pixel(part) for part in parts):
        raise BadArgument("Invalid argument targetFace.")
    rectangle = Rectangle(*(int(part) for part in parts))
    if rectangle.width == 0 or rectangle.height == 0:
        raise BadArgument("Invalid argument targetFace.")
    return rectangle


def _is_pixel(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 6


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


START = _text(
    "start", limits.MAXIMUM_START_LENGTH, "'start' is too long.", "List ids greater than this one."
)
START_PERSON: Parameter[str] = Parameter(
    "start",
    "",
    _start_person,
    "List personIds greater than this one.",
    {"type": "string", "format": "uuid"},
)
TOP = _whole(
    "top",
    limits.MAXIMUM_PAGE,
    (1, limits.MAXIMUM_PAGE),
    "'top' is invalid.",
    "How many to list at most.",
)
RETURN_RECOGNITION_MODEL = _flag(
    "returnRecognitionModel", False, "Whether to answer the recognition model too."
)
RETURN_FACE_ID = _flag("returnFaceId", True, "Whether to remember the faces under faceIds.")
RETURN_FACE_LANDMARKS = _flag("returnFaceLandmarks", False, "Whether to answer face landmarks.")
RETURN_FACE_ATTRIBUTES: Parameter[tuple[str, ...]] = Parameter(
    "returnFaceAttributes",
    (),
    _names,
    "Which face attributes to answer, separated by commas.",
    {"type": "array", "items": {"type": "string"}},
)


def recognition_model(known: Sequence[str]) -> Parameter[str]:
    """The recognition model, of those that there are."""
    return _choice(
        "recognitionModel",
        DEFAULT_RECOGNITION_MODEL,
        known,
        "'recognitionModel' is invalid.",
        "The recognition model that the faceIds are for.",
    )


RECOGNITION_MODEL = recognition_model(RECOGNITION_MODELS)
DETECTION_MODEL = _choice(
    "detectionModel",
    DEFAULT_DETECTION_MODEL,
    DETECTION_MODELS,
    "'detectionModel' is invalid.",
    "The detection model.",
)
FACE_ID_TIME_TO_LIVE = _whole(
    "faceIdTimeToLive",
    limits.DEFAULT_FACE_ID_TIME_TO_LIVE,
    limits.FACE_ID_TIME_TO_LIVE,
    "'faceIdTimeToLive' is invalid. Use 60 to 86400 seconds.",
    "Seconds that the faceIds live.",
)
FACE_USER_DATA = _text(
    "userData",
    limits.MAXIMUM_FACE_USER_DATA_LENGTH,
    "'userData' is too long.",
    "The caller's own data of the face.",
)
TARGET_FACE: Parameter[Rectangle | None] = Parameter(
    "targetFace",
    None,
    _target_face,
    "left,top,width,height of the face that is meant, where there are several.",
    {"type": "string", "pattern": r"^\d+,\d+,\d+,\d+$"},
)
