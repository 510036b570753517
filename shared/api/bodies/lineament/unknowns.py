"""JSON bodies of unknown people."""

from __future__ import annotations

from shared.api.bodies.members import Name, Time, UserData, Uuid
from shared.api.bodies.wire import RectangleAnswer, Wire


class UnknownAnswer(Wire, frozen=True):
    """A cluster of unknown faces that are taken for one person's; uploads newest first."""

    unknown_id: Uuid
    count: int
    first_seen: Time
    last_seen: Time
    uploads: list[str]


class UnknownsAnswer(Wire, frozen=True):
    """Some clusters by count; without a continuation the list is complete."""

    unknowns: list[UnknownAnswer]
    continuation: str | None = None


class SightingAnswer(Wire, frozen=True):
    """A face of a cluster on an upload."""

    sighting_id: Uuid
    upload: str
    face_rectangle: RectangleAnswer
    seen: Time


class ShownUnknownAnswer(Wire, frozen=True):
    """A cluster with its sightings, newest first, at most 200."""

    unknown_id: Uuid
    count: int
    first_seen: Time
    last_seen: Time
    uploads: list[str]
    sightings: list[SightingAnswer]


class PromoteBody(Wire, frozen=True):
    """The collection, and the name of the person to create there or the id of one that exists."""

    collection: str
    name: Name | None = None
    user_data: UserData | None = None
    person_id: Uuid | None = None


class PromotedAnswer(Wire, frozen=True):
    """The person, and its faces that came from the cluster."""

    person_id: Uuid
    persisted_face_ids: list[Uuid]


class MergeBody(Wire, frozen=True):
    """The cluster that is merged into that of the path."""

    unknown_id: Uuid
