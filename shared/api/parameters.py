"""Query parameters: each is declared once, with its parser, its error and its schema.

Dispatch parses those that an operation declares; a handler gets the values from `call.arguments`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Generic, TypeVar

from shared.domain import limits
from shared.domain.errors import BadArgument, UnsupportedFeature
from shared.domain.face.attributes import Attribute
from shared.domain.face.enrolment import FaceChoice, MinimumQuality
from shared.domain.face.geometry import Rectangle
from shared.domain.identifiers import canonical_uuid
from shared.domain.models import (
    DEFAULT_DETECTION_MODEL,
    DEFAULT_RECOGNITION_MODEL,
    DETECTION_MODELS,
    RECOGNITION_MODELS,
)

_T = TypeVar("_T")
_Default = TypeVar("_Default", str, None)

RETIRED_ATTRIBUTES = frozenset(
    {"age", "emotion", "facialhair", "gender", "hair", "makeup", "smile"}
)
"""Attributes that Azure has retired, in lower case. This service never infers them."""

_MOST_DIGITS = 10
"""Maximum digits of a whole number without leading zeros; every limit has fewer."""

_ATTRIBUTES = {attribute.lower(): attribute for attribute in Attribute}


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Values that a deployment accepts depending on its settings.

    Attributes:
        recognition_models: the names of all recognition models.
    """

    recognition_models: tuple[str, ...] = RECOGNITION_MODELS


STANDARD = Capabilities()
"""A deployment without a custom model."""


@dataclass(frozen=True, slots=True)
class Parameter(Generic[_T]):
    """A query parameter.

    Attributes:
        name: as documented; clients may send it in any case.
        default: the value if it is absent.
        parse: text to value; raises BadArgument.
        meaning: one sentence for the reference.
        schema: JSON schema of the value.
        adapt: returns the parameter for a deployment with these capabilities; None: it is the same
            for all.
    """

    name: str
    default: _T
    parse: Callable[[str], _T]
    meaning: str
    schema: Mapping[str, object]
    adapt: Callable[[Capabilities], Parameter[_T]] | None = None

    def adapted(self, capabilities: Capabilities) -> Parameter[_T]:
        """The parameter as a deployment accepts it."""
        return self if self.adapt is None else self.adapt(capabilities)


class Arguments:
    """The values of an operation's query parameters.

    Args:
        values: each declared parameter with its value.
    """

    def __init__(self, values: Sequence[tuple[Parameter[Any], Any]] = ()) -> None:
        self._values = {id(parameter): (parameter, value) for parameter, value in values}

    @classmethod
    def parse(
        cls,
        declared: Sequence[Parameter[Any]],
        query: Mapping[str, str],
        capabilities: Capabilities,
    ) -> Arguments:
        """Parse every declared parameter; one that is absent or empty has its default.

        Args:
            query: names in any case; undeclared ones are ignored.

        Raises:
            BadArgument: a value is malformed or out of range; of the first such parameter.
        """
        texts: dict[str, str] = {}
        for name, text in query.items():
            if text:
                texts.setdefault(name.lower(), text)
        return cls(
            [
                (
                    one,
                    one.adapted(capabilities).parse(texts[one.name.lower()])
                    if one.name.lower() in texts
                    else one.default,
                )
                for one in declared
            ]
        )

    def __getitem__(self, parameter: Parameter[_T]) -> _T:
        """The value of a parameter.

        Raises:
            LookupError: the operation does not declare it.
        """
        if id(parameter) not in self._values:
            raise LookupError(f"The operation does not declare {parameter.name}.")
        value: _T = self._values[id(parameter)][1]
        return value


NO_ARGUMENTS = Arguments()


def flag(name: str, default: bool, meaning: str) -> Parameter[bool]:
    """A parameter that is true or false."""

    def parse(text: str) -> bool:
        if text.lower() not in ("true", "false"):
            raise BadArgument(f"Invalid argument {name}. Use true or false.")
        return text.lower() == "true"

    return Parameter(name, default, parse, meaning, {"type": "boolean", "default": default})


def whole(
    name: str, default: int, bounds: tuple[int, int], message: str, meaning: str
) -> Parameter[int]:
    """A whole number within bounds, both included; another value is rejected with the message."""
    low, high = bounds

    def parse(text: str) -> int:
        # isascii: int() also accepts digits of other scripts. It raises for more than 4,300 digits.
        digits = text.lstrip("0") or "0"
        if not (text.isascii() and text.isdecimal() and len(digits) <= _MOST_DIGITS):
            raise BadArgument(message)
        value = int(digits)
        if not low <= value <= high:
            raise BadArgument(message)
        return value

    schema = {"type": "integer", "minimum": low, "maximum": high, "default": default}
    return Parameter(name, default, parse, meaning, schema)


def choice(
    name: str, default: str, choices: Sequence[str], message: str, meaning: str
) -> Parameter[str]:
    """One of several words in lower case; clients may send it in any case."""

    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise BadArgument(message)
        return text.lower()

    schema = {"type": "string", "enum": list(choices), "default": default}
    return Parameter(name, default, parse, meaning, schema)


def text(
    name: str, default: _Default, longest: int, message: str, meaning: str
) -> Parameter[str | _Default]:
    """Text up to a length."""

    def parse(text: str) -> str:
        if len(text) > longest:
            raise BadArgument(message)
        return text

    return Parameter(name, default, parse, meaning, {"type": "string", "maxLength": longest})


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


def _attributes(text: str) -> frozenset[Attribute]:
    names = {name.strip().lower() for name in text.split(",") if name.strip()}
    if not names <= _ATTRIBUTES.keys() | RETIRED_ATTRIBUTES:
        raise BadArgument("Invalid argument returnFaceAttributes.")
    if not RETIRED_ATTRIBUTES.isdisjoint(names):
        raise UnsupportedFeature(
            "Feature is not supported: age, emotion, facialHair, gender, hair, makeup and smile"
            " are never inferred. Leave them out of returnFaceAttributes."
        )
    return frozenset(_ATTRIBUTES[name] for name in names)


def _quality(text: str) -> str:
    if text.lower() not in [*MinimumQuality]:
        raise BadArgument("'minimumQuality' is invalid. Use any, low, medium or high.")
    return text.lower()


def _enrolled_faces(text: str) -> str:
    if text.lower() not in [*FaceChoice]:
        raise BadArgument("'faces' is invalid. Use only or largest.")
    return text.lower()


START = text(
    "start",
    "",
    limits.MAXIMUM_START_LENGTH,
    "'start' is too long.",
    "List ids greater than this one.",
)
START_PERSON: Parameter[str] = Parameter(
    "start",
    "",
    _start_person,
    "List personIds greater than this one.",
    {"type": "string", "format": "uuid"},
)
TOP = whole(
    "top",
    limits.MAXIMUM_PAGE,
    (1, limits.MAXIMUM_PAGE),
    "'top' is invalid.",
    "Maximum number of entries to list.",
)
RETURN_RECOGNITION_MODEL = flag(
    "returnRecognitionModel", False, "Whether to return the recognition model too."
)
RETURN_FACE_ID = flag("returnFaceId", True, "Whether to store the faces and return faceIds.")
RETURN_FACE_LANDMARKS = flag("returnFaceLandmarks", False, "Whether to return face landmarks.")
RETURN_FACE_ATTRIBUTES: Parameter[frozenset[Attribute]] = Parameter(
    "returnFaceAttributes",
    frozenset(),
    _attributes,
    "Face attributes to return, separated by commas.",
    {"type": "array", "items": {"type": "string", "enum": [*Attribute]}},
)


@cache
def _recognition_model(capabilities: Capabilities = STANDARD) -> Parameter[str]:
    return replace(
        choice(
            "recognitionModel",
            DEFAULT_RECOGNITION_MODEL,
            capabilities.recognition_models,
            "'recognitionModel' is invalid.",
            "The recognition model that the faceIds are for.",
        ),
        adapt=_recognition_model,
    )


RECOGNITION_MODEL = _recognition_model()
DETECTION_MODEL = choice(
    "detectionModel",
    DEFAULT_DETECTION_MODEL,
    DETECTION_MODELS,
    "'detectionModel' is invalid.",
    "The detection model.",
)
FACE_ID_TIME_TO_LIVE = whole(
    "faceIdTimeToLive",
    limits.DEFAULT_FACE_ID_TIME_TO_LIVE,
    limits.FACE_ID_TIME_TO_LIVE,
    "'faceIdTimeToLive' is invalid. Use 60 to 86400 seconds.",
    "Lifetime of the faceIds in seconds.",
)
FACE_USER_DATA = text(
    "userData",
    None,
    limits.MAXIMUM_FACE_USER_DATA_LENGTH,
    "'userData' is too long.",
    "The caller's own data for the face.",
)
TARGET_FACE: Parameter[Rectangle | None] = Parameter(
    "targetFace",
    None,
    _target_face,
    "left,top,width,height of the face to use, if there are several.",
    {"type": "string", "pattern": r"^\d+,\d+,\d+,\d+$"},
)
MINIMUM_QUALITY: Parameter[str | None] = Parameter(
    "minimumQuality",
    None,
    _quality,
    "Reject a face of a lower quality for recognition, one that is enrolled as another person, and"
    " one that is unlike the person's other faces; any: none of that is checked; absent: what the"
    " collection's gate says.",
    {"type": "string", "enum": [*MinimumQuality]},
)
ENROLLED_FACES: Parameter[str | None] = Parameter(
    "faces",
    None,
    _enrolled_faces,
    "Where targetFace names no face: the only one of the image, or the largest one; absent: what"
    " the collection's gate says.",
    {"type": "string", "enum": [*FaceChoice]},
)

ADD_FACE: tuple[Parameter[Any], ...] = (
    FACE_USER_DATA,
    TARGET_FACE,
    DETECTION_MODEL,
    MINIMUM_QUALITY,
    ENROLLED_FACES,
)
"""Parameters of every operation that adds the face on an image to a person or a list."""
