"""JSON bodies of collections and their trainings."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import UNSET, UnsetType

from shared.api.bodies.members import CollectionId, Percent, RecognitionModel, Time, TrainingState
from shared.api.bodies.people import NamedBody, PersistedFaceAnswer
from shared.api.bodies.wire import Wire
from shared.domain.errors import BadArgument
from shared.domain.models import DEFAULT_RECOGNITION_MODEL, RECOGNITION_MODELS


class CollectionBody(NamedBody, frozen=True):
    """Body of a request that creates a collection."""

    recognition_model: RecognitionModel | None = None


class CollectionAnswer(Wire, frozen=True):
    """Members common to all collections; each kind adds its own id."""


class PersonGroupAnswer(CollectionAnswer, frozen=True):
    """A person group."""

    person_group_id: CollectionId
    name: str
    user_data: str | None = None
    recognition_model: RecognitionModel | None = None


class LargePersonGroupAnswer(CollectionAnswer, frozen=True):
    """A large person group."""

    large_person_group_id: CollectionId
    name: str
    user_data: str | None = None
    recognition_model: RecognitionModel | None = None


class FaceListAnswer(CollectionAnswer, frozen=True):
    """A face list; with its faces only where a single list is read."""

    face_list_id: CollectionId
    name: str
    user_data: str | None = None
    recognition_model: RecognitionModel | None = None
    persisted_faces: list[PersistedFaceAnswer] | UnsetType = UNSET


class LargeFaceListAnswer(CollectionAnswer, frozen=True):
    """A large face list."""

    large_face_list_id: CollectionId
    name: str
    user_data: str | None = None
    recognition_model: RecognitionModel | None = None


class TrainingAnswer(Wire, frozen=True):
    """Status of the latest training. ``percent`` (0 to 100) is an extension of this service."""

    status: TrainingState
    created_date_time: Time
    last_action_date_time: Time
    last_successful_training_date_time: Time | None = None
    message: str | None = None
    percent: Percent | None = None


def checked_recognition_model(name: str | None, known: Collection[str] = RECOGNITION_MODELS) -> str:
    """Validate the recognition model of a new collection.

    Args:
        known: the available models.

    Raises:
        BadArgument: the model is unknown.
    """
    model = DEFAULT_RECOGNITION_MODEL if name is None else name.lower()
    if model not in known:
        raise BadArgument("'recognitionModel' is invalid.")
    return model
