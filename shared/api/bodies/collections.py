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
    """What creating a collection takes."""

    recognition_model: RecognitionModel | None = None


class CollectionAnswer(Wire, frozen=True):
    """What answers about collections have in common; each kind adds its own id."""


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
    """A face list; its faces only where the one list is read."""

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
    """How the latest training stands. ``percent`` is ours: 0 to 100, how far it is."""

    status: TrainingState
    created_date_time: Time
    last_action_date_time: Time
    last_successful_training_date_time: Time | None = None
    message: str | None = None
    percent: Percent | None = None


def checked_recognition_model(name: str | None, known: Collection[str] = RECOGNITION_MODELS) -> str:
    """The recognition model of a new collection.

    Args:
        known: the models that there are.

    Raises:
        BadArgument: there is no such model.
    """
    model = DEFAULT_RECOGNITION_MODEL if name is None else name.lower()
    if model not in known:
        raise BadArgument("'recognitionModel' is invalid.")
    return model
