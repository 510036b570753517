"""Collections with faces of their own, and their training."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api import parameters as p
from shared.api.bodies.collections import (
    CollectionAnswer,
    CollectionBody,
    TrainingAnswer,
    checked_recognition_model,
)
from shared.api.bodies.people import ChangesBody, checked_changes, checked_name, checked_user_data
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.collections import collection_answer, training_answer
from shared.composition.container import root
from shared.domain.collections import COLLECTIONS, TRAINED_COLLECTIONS
from shared.domain.values import TrainingStatus

routes = Routes()

_SOON = {"Retry-After": "1"}
"""Microsoft's SDKs poll every 30 seconds unless a response says otherwise."""


@routes.operation(
    "PUT",
    "{collection}",
    summary="Create a collection.",
    kinds=COLLECTIONS,
    body=CollectionBody,
)
def create(call: Call) -> Answer:
    """Create a collection."""
    key, body = call.collection, call.body(CollectionBody)
    root().enrolment.collections.create(
        key,
        name=checked_name(body.name),
        user_data=checked_user_data(body.user_data),
        recognition_model=checked_recognition_model(
            body.recognition_model, call.capabilities.recognition_models
        ),
    )
    return Answer()


@routes.operation(
    "GET",
    "{collection}",
    summary="Read a collection.",
    kinds=TRAINED_COLLECTIONS,
    query=(p.RETURN_RECOGNITION_MODEL,),
    answers=CollectionAnswer,
)
def get(call: Call) -> Answer:
    """Read a collection."""
    collection = root().enrolment.collections.get(call.collection)
    with_model = call.arguments[p.RETURN_RECOGNITION_MODEL]
    return Answer(collection_answer(collection, with_model=with_model))


@routes.operation(
    "PATCH",
    "{collection}",
    summary="Update the name or userData.",
    kinds=COLLECTIONS,
    body=ChangesBody,
)
def update(call: Call) -> Answer:
    """Update a collection."""
    root().enrolment.collections.update(call.collection, checked_changes(call.body(ChangesBody)))
    return Answer()


@routes.operation(
    "DELETE",
    "{collection}",
    summary="Delete a collection and everything in it.",
    kinds=COLLECTIONS,
)
def delete(call: Call) -> Answer:
    """Delete a collection."""
    root().enrolment.collections.delete(call.collection)
    return Answer()


@routes.operation(
    "GET",
    "{collections}",
    summary="List collections in order of id.",
    kinds=TRAINED_COLLECTIONS,
    query=(p.START, p.TOP, p.RETURN_RECOGNITION_MODEL),
    answers=list[CollectionAnswer],
)
def list_all(call: Call) -> Answer:
    """List collections."""
    start, top = call.arguments[p.START], call.arguments[p.TOP]
    with_model = call.arguments[p.RETURN_RECOGNITION_MODEL]
    found = root().enrolment.collections.page(call.kind, start=start, top=top)
    return Answer([collection_answer(one, with_model=with_model) for one in found])


@routes.operation(
    "POST",
    "{collection}/train",
    summary="Start a training.",
    kinds=TRAINED_COLLECTIONS,
    success=202,
)
def train(call: Call) -> Answer:
    """Request a training; the response has the address of its status."""
    key = call.collection
    root().training.runs.request(key)
    status = f"{call.base_url}/{key.kind.segment}/{key.collection_id}/training"
    return Answer(status=202, headers={"operation-location": status, **_SOON})


@routes.operation(
    "GET",
    "{collection}/training",
    summary="Read the status of the latest training.",
    kinds=TRAINED_COLLECTIONS,
    answers=TrainingAnswer,
)
def training_status(call: Call) -> Answer:
    """Read the status of the latest training."""
    record = root().training.runs.status(call.collection)
    running = record.status is TrainingStatus.RUNNING
    return Answer(training_answer(record), headers=_SOON if running else {})
