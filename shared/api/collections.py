"""Collections and their trainings as JSON."""

from __future__ import annotations

from shared.api.bodies.collections import (
    CollectionAnswer,
    LargePersonGroupAnswer,
    PersonGroupAnswer,
    TrainingAnswer,
)
from shared.api.bodies.wire import wire_time
from shared.faces.collections import LARGE_PERSON_GROUP, PERSON_GROUP
from shared.faces.values import Collection, TrainingRecord

_ANSWERS: dict[str, type[PersonGroupAnswer] | type[LargePersonGroupAnswer]] = {
    PERSON_GROUP.name: PersonGroupAnswer,
    LARGE_PERSON_GROUP.name: LargePersonGroupAnswer,
}


def collection_answer(collection: Collection, *, with_model: bool) -> CollectionAnswer:
    """A collection under the name that its kind has for its id."""
    return _ANSWERS[collection.kind.name](
        collection.collection_id,
        name=collection.name,
        user_data=collection.user_data,
        recognition_model=collection.recognition_model if with_model else None,
    )


def training_answer(record: TrainingRecord) -> TrainingAnswer:
    """How a training stands."""
    success = record.last_success
    return TrainingAnswer(
        status=record.status.value,
        created_date_time=wire_time(record.created),
        last_action_date_time=wire_time(record.last_action),
        last_successful_training_date_time=None if success is None else wire_time(success),
        message=record.message,
    )
