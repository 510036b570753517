"""JSON bodies of the search for duplicates."""

from __future__ import annotations

from shared.api.bodies.members import Confidence, Cosine, Percent, Time, Uuid
from shared.api.bodies.wire import Wire


class DuplicatePersonAnswer(Wire, frozen=True):
    """A person, with the face that is most similar to the other person's."""

    person_id: Uuid
    name: str
    persisted_face_id: Uuid


class DuplicatePairAnswer(Wire, frozen=True):
    """Two persons who look like one."""

    persons: list[DuplicatePersonAnswer]
    confidence: Confidence
    cosine: Cosine


class MixedPersonAnswer(Wire, frozen=True):
    """A person whose faces look like those of two people, with the confidence that they are one."""

    person_id: Uuid
    name: str
    confidence: Confidence
    groups: list[list[Uuid]]


class DuplicatesAnswer(Wire, frozen=True):
    """What was found, or how far the search is: then there is only the percentage."""

    collection: str
    status: str
    percent: Percent | None = None
    computed: Time | None = None
    pairs: list[DuplicatePairAnswer] | None = None
    mixed: list[MixedPersonAnswer] | None = None
    continuation: str | None = None
