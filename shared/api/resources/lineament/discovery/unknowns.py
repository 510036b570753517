"""Converts unknown people between the wire and the service."""

from __future__ import annotations

from collections.abc import Sequence

from shared.api.bodies.lineament.unknowns import (
    PromoteBody,
    ShownUnknownAnswer,
    SightingAnswer,
    UnknownAnswer,
    UnknownsAnswer,
)
from shared.api.bodies.people import checked_name, checked_user_data
from shared.api.bodies.wire import RectangleAnswer, wire_time
from shared.api.resources.lineament.persons import checked_person_scope
from shared.api.resources.lineament.scopes import parse_scope
from shared.domain.errors import BadArgument, PersonNotFound
from shared.domain.face.recognition import SearchScope
from shared.domain.face.unknowns import NewPerson, Sighting, UnknownPeople, UnknownPerson
from shared.domain.identifiers import canonical_uuid


def unknowns_answer(found: UnknownPeople) -> UnknownsAnswer:
    """The wire form of a page of clusters."""
    return UnknownsAnswer([unknown_answer(one) for one in found.unknowns], found.continuation)


def unknown_answer(one: UnknownPerson) -> UnknownAnswer:
    """The wire form of a cluster."""
    return UnknownAnswer(
        one.unknown_id,
        one.count,
        wire_time(one.first_seen),
        wire_time(one.last_seen),
        list(one.uploads),
    )


def shown_unknown_answer(one: UnknownPerson, sightings: Sequence[Sighting]) -> ShownUnknownAnswer:
    """The wire form of a cluster with its sightings."""
    return ShownUnknownAnswer(
        one.unknown_id,
        one.count,
        wire_time(one.first_seen),
        wire_time(one.last_seen),
        list(one.uploads),
        [_sighting_answer(sighting) for sighting in sightings],
    )


def promotion_of(body: PromoteBody) -> tuple[SearchScope, NewPerson | str]:
    """The collection, and the person to create or the id of one that exists.

    Raises:
        BadArgument: the collection has no persons, or not exactly one of name and personId is
            given, or one of the values is invalid.
        PersonNotFound: the personId is not a UUID.
    """
    scope = checked_person_scope(parse_scope(body.collection))
    if body.person_id is None:
        name, user_data = checked_name(body.name), checked_user_data(body.user_data)
        return scope, NewPerson(name, user_data)
    if body.name is not None or body.user_data is not None:
        raise BadArgument("Send either a name, perhaps with userData, or a personId.")
    person_id = canonical_uuid(body.person_id)
    if person_id is None:
        raise PersonNotFound("Person ID is invalid.")
    return scope, person_id


def _sighting_answer(sighting: Sighting) -> SightingAnswer:
    return SightingAnswer(
        sighting.sighting_id,
        sighting.upload,
        RectangleAnswer.of(sighting.rectangle),
        wire_time(sighting.seen),
    )
