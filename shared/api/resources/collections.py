"""Collections and their trainings as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from shared.api.bodies.collections import (
    CollectionAnswer,
    FaceListAnswer,
    LargeFaceListAnswer,
    LargePersonGroupAnswer,
    PersonGroupAnswer,
    TrainingAnswer,
)
from shared.api.bodies.people import PersistedFaceAnswer
from shared.api.bodies.wire import wire_time
from shared.domain.collections import (
    FACE_LIST,
    LARGE_FACE_LIST,
    LARGE_PERSON_GROUP,
    PERSON_GROUP,
    CollectionKind,
)
from shared.domain.values import Collection, PersistedFace, TrainingRecord

_ANSWERS: dict[
    str,
    type[PersonGroupAnswer]
    | type[LargePersonGroupAnswer]
    | type[FaceListAnswer]
    | type[LargeFaceListAnswer],
] = {
    PERSON_GROUP.name: PersonGroupAnswer,
    LARGE_PERSON_GROUP.name: LargePersonGroupAnswer,
    FACE_LIST.name: FaceListAnswer,
    LARGE_FACE_LIST.name: LargeFaceListAnswer,
}


def answer_type(kind: CollectionKind) -> type[CollectionAnswer]:
    """The type of the response for a collection of a kind."""
    return _ANSWERS.get(kind.name, CollectionAnswer)


def collection_answer(collection: Collection, *, with_model: bool) -> CollectionAnswer:
    """A collection as JSON, with the id under its kind's name."""
    return _ANSWERS[collection.kind.name](
        collection.collection_id,
        name=collection.name,
        user_data=collection.user_data,
        recognition_model=collection.recognition_model if with_model else None,
    )


def face_list_answer(
    collection: Collection, faces: Sequence[PersistedFace], *, with_model: bool
) -> FaceListAnswer:
    """A face list with its faces."""
    return FaceListAnswer(
        collection.collection_id,
        name=collection.name,
        user_data=collection.user_data,
        recognition_model=collection.recognition_model if with_model else None,
        persisted_faces=[face_answer(face) for face in faces],
    )


def face_answer(face: PersistedFace) -> PersistedFaceAnswer:
    """A persisted face as JSON."""
    return PersistedFaceAnswer(face.persisted_face_id, face.user_data)


def training_answer(record: TrainingRecord) -> TrainingAnswer:
    """The status of a training as JSON."""
    success = record.last_success
    return TrainingAnswer(
        status=record.status.value,
        created_date_time=wire_time(record.created),
        last_action_date_time=wire_time(record.last_action),
        last_successful_training_date_time=None if success is None else wire_time(success),
        message=record.message,
        percent=record.percent,
    )
