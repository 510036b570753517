"""Converts the search for duplicates between the wire and the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.api.bodies.lineament.duplicates import (
    DuplicatePairAnswer,
    DuplicatePersonAnswer,
    DuplicatesAnswer,
    MixedPersonAnswer,
)
from shared.api.bodies.wire import wire_time
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.lineament import parameters as own
from shared.api.resources.lineament.persons import person_scope
from shared.api.resources.lineament.scopes import scope_name
from shared.domain.face.duplicates import DuplicatesPage, DuplicatesRunning, NamedPair

if TYPE_CHECKING:
    from shared.services.duplicates.duplicates import Duplicates

_RETRY_SECONDS = 5
_DIGITS = 5


def duplicates_answer(call: Call, duplicates: Duplicates) -> Answer:
    """The page of duplicates that the query names, or the progress of the search.

    Raises:
        BadArgument: the query names no collection that has persons.
    """
    scope = person_scope(call)
    found = duplicates.find(
        scope,
        call.arguments[own.DIRECTORY_MODEL],
        threshold=call.arguments[own.DUPLICATE_CONFIDENCE],
        start=call.arguments[own.CONTINUATION] or "",
        top=call.arguments[own.TOP],
    )
    if isinstance(found, DuplicatesRunning):
        running = DuplicatesAnswer(scope_name(scope), "running", percent=found.percent)
        return Answer(running, status=202, headers={"Retry-After": str(_RETRY_SECONDS)})
    return Answer(_page_answer(scope_name(scope), found))


def _page_answer(collection: str, page: DuplicatesPage) -> DuplicatesAnswer:
    return DuplicatesAnswer(
        collection,
        "succeeded",
        computed=wire_time(page.computed),
        pairs=[_pair_answer(one) for one in page.pairs],
        mixed=[
            MixedPersonAnswer(
                one.mixed.person_id,
                one.name,
                one.confidence,
                [list(group) for group in one.mixed.groups],
            )
            for one in page.mixed
        ],
        continuation=page.continuation,
    )


def _pair_answer(pair: NamedPair) -> DuplicatePairAnswer:
    persons = [
        DuplicatePersonAnswer(one.person_id, name, one.face_id)
        for one, name in zip(pair.alike.faces, pair.names, strict=True)
    ]
    return DuplicatePairAnswer(persons, pair.confidence, round(pair.alike.cosine, _DIGITS))
