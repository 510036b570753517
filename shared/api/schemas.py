"""JSON bodies: what requests may hold and what answers look like.

Members that are absent are left out of the JSON, never null. Types are checked by msgspec while it
decodes; lengths and ranges are checked by the functions below, for their documented texts.
"""

from __future__ import annotations

import msgspec

from shared.faces import limits
from shared.faces.errors import BadArgument
from shared.faces.geometry import Rectangle
from shared.faces.models import DEFAULT_RECOGNITION_MODEL, RECOGNITION_MODELS
from shared.faces.requests import Changes


class Wire(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Base of all bodies: camelCase on the wire, defaults left out."""


class ImageUrlBody(Wire, frozen=True):
    """A photograph by its address."""

    url: str


class NamedBody(Wire, frozen=True):
    """What creating a person takes."""

    name: str = ""
    user_data: str | None = None


class CollectionBody(NamedBody, frozen=True):
    """What creating a collection takes."""

    recognition_model: str | None = None


class ChangesBody(Wire, frozen=True):
    """What updating a collection or a person takes."""

    name: str | None = None
    user_data: str | None = None


class FaceChangesBody(Wire, frozen=True):
    """What updating a persisted face takes; absent or null clears userData."""

    user_data: str | None = None


class VerifyBody(Wire, frozen=True):
    """Face and face, or face and person of a group."""

    face_id1: str | None = msgspec.field(default=None, name="faceId1")
    face_id2: str | None = msgspec.field(default=None, name="faceId2")
    face_id: str | None = None
    person_group_id: str | None = None
    large_person_group_id: str | None = None
    person_id: str | None = None


class IdentifyBody(Wire, frozen=True):
    """Whom to look for, and where."""

    face_ids: list[str]
    person_group_id: str | None = None
    large_person_group_id: str | None = None
    max_num_of_candidates_returned: int | None = None
    confidence_threshold: float | None = None


class FindSimilarBody(Wire, frozen=True):
    """Which face to compare with which."""

    face_id: str
    face_ids: list[str] | None = None
    max_num_of_candidates_returned: int | None = None
    mode: str | None = None


class RectangleAnswer(Wire, frozen=True, omit_defaults=False):
    """A face's place, in pixels of the upright picture."""

    top: int
    left: int
    width: int
    height: int

    @classmethod
    def of(cls, rectangle: Rectangle) -> RectangleAnswer:
        """The rectangle as it is answered."""
        return cls(rectangle.top, rectangle.left, rectangle.width, rectangle.height)


class DetectedFaceAnswer(Wire, frozen=True, kw_only=True):
    """A face that detect found."""

    face_id: str | None = None
    face_rectangle: RectangleAnswer
    recognition_model: str | None = None


class VerifyAnswer(Wire, frozen=True, omit_defaults=False):
    """Whether two faces are one person."""

    is_identical: bool
    confidence: float


class CandidateAnswer(Wire, frozen=True, omit_defaults=False):
    """A person that a face may be."""

    person_id: str
    confidence: float


class IdentifyAnswer(Wire, frozen=True, omit_defaults=False):
    """The candidates for one face; perhaps none."""

    face_id: str
    candidates: list[CandidateAnswer]


class SimilarFaceAnswer(Wire, frozen=True, omit_defaults=False):
    """A face like the one asked about."""

    face_id: str
    confidence: float


class CollectionAnswer(Wire, frozen=True):
    """What answers about collections have in common; each kind adds its own id."""


class PersonGroupAnswer(CollectionAnswer, frozen=True):
    """A person group."""

    person_group_id: str
    name: str
    user_data: str | None = None
    recognition_model: str | None = None


class LargePersonGroupAnswer(CollectionAnswer, frozen=True):
    """A large person group."""

    large_person_group_id: str
    name: str
    user_data: str | None = None
    recognition_model: str | None = None


class PersonIdAnswer(Wire, frozen=True):
    """The id of a new person."""

    person_id: str


class PersistedFaceIdAnswer(Wire, frozen=True):
    """The id of a new persisted face."""

    persisted_face_id: str


class PersonAnswer(Wire, frozen=True):
    """A person and the ids of its faces."""

    person_id: str
    persisted_face_ids: list[str]
    name: str
    user_data: str | None = None


class PersistedFaceAnswer(Wire, frozen=True):
    """A persisted face."""

    persisted_face_id: str
    user_data: str | None = None


class TrainingAnswer(Wire, frozen=True):
    """How the latest training stands."""

    status: str
    created_date_time: str
    last_action_date_time: str
    last_successful_training_date_time: str | None = None
    message: str | None = None


class ErrorDetail(Wire, frozen=True):
    """What went wrong."""

    code: str
    message: str


class ErrorAnswer(Wire, frozen=True):
    """The body of every answer from 400 on."""

    error: ErrorDetail


def checked_name(name: str) -> str:
    """A name of 1 to 128 characters.

    Raises:
        BadArgument: it is empty or too long.
    """
    if not name.strip():
        raise BadArgument("'name' is empty.")
    if len(name) > limits.MAXIMUM_NAME_LENGTH:
        raise BadArgument("'name' is too long.")
    return name


def checked_user_data(
    user_data: str | None, longest: int = limits.MAXIMUM_USER_DATA_LENGTH
) -> str | None:
    """userData of at most ``longest`` characters, or None.

    Raises:
        BadArgument: it is too long.
    """
    if user_data is not None and len(user_data) > longest:
        raise BadArgument("'userData' is too long.")
    return user_data


def checked_changes(body: ChangesBody) -> Changes:
    """What an update changes, at least one member.

    Raises:
        BadArgument: nothing is to be changed, or a member is out of bounds.
    """
    if body.name is None and body.user_data is None:
        raise BadArgument("Both 'name' and 'userData' are empty.")
    name = None if body.name is None else checked_name(body.name)
    return Changes(name, checked_user_data(body.user_data))


def checked_recognition_model(name: str | None) -> str:
    """The recognition model of a new collection.

    Raises:
        BadArgument: there is no such model.
    """
    model = DEFAULT_RECOGNITION_MODEL if name is None else name.lower()
    if model not in RECOGNITION_MODELS:
        raise BadArgument("'recognitionModel' is invalid.")
    return model
