"""Finds two persons with one person's faces, and one person with two people's faces."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.clock import Clock
from shared.domain.errors import InvalidContinuation, UnsupportedFeature
from shared.domain.face.duplicates import (
    AlikePersons,
    DuplicatesPage,
    DuplicatesRunning,
    FoundDuplicates,
    MixedPerson,
    NamedMixture,
    NamedPair,
)
from shared.domain.face.recognition import SearchScope
from shared.domain.values import Person
from shared.services.duplicates.background import DuplicateSearches
from shared.services.duplicates.scopes import OpenedFaces, Persons, PersonScopes
from shared.services.recognition.comparison import Comparison

MOST_AT_ONCE = 2_000
"""Maximum number of persons that are compared within a request."""

MOST_FACES_AT_ONCE = 10_000
"""Maximum number of their faces: 13 GFLOP, less than a second."""

MOST_FACES = 300_000
"""Maximum number of faces of a searched collection: 12 TFLOP, some minutes on two cores."""

_MOST_DIGITS = 9
"""Maximum digits of a continuation, which is the number of the first pair."""


class Duplicates:
    """Searches collections for duplicates."""

    def __init__(
        self,
        scopes: PersonScopes,
        searches: DuplicateSearches,
        comparison: Comparison,
        clock: Clock,
    ) -> None:
        self._scopes = scopes
        self._searches = searches
        self._comparison = comparison
        self._clock = clock

    def find(
        self,
        scope: SearchScope,
        directory_model: str,
        *,
        threshold: float,
        start: str,
        top: int,
    ) -> DuplicatesPage | DuplicatesRunning:
        """A page of pairs, most similar first; mixed persons are on the first page.

        Args:
            directory_model: the recognition model of the directory's faces.
            threshold: minimum confidence of a pair, 0 to 1.
            start: the continuation of the previous page; empty: the first page.
            top: maximum number of pairs.

        Raises:
            CollectionNotFound, NotTrained, TrainingNotFinished: the group cannot be searched.
            BadArgument: ``start`` is not a continuation, or the directory cannot be searched.
            UnsupportedFeature: the collection cannot be searched for duplicates.
        """
        begin = _place(start)
        opened = self._scopes.open(scope, directory_model)
        found = self._found(opened, scope, directory_model)
        if isinstance(found, DuplicatesRunning):
            return found
        return self._page(opened, found, threshold=threshold, begin=begin, top=top)

    def _found(
        self, opened: OpenedFaces, scope: SearchScope, directory_model: str
    ) -> FoundDuplicates | DuplicatesRunning:
        faces = opened.faces
        if faces is None:
            return FoundDuplicates(opened.model, self._clock.now(), (), ())
        if faces.persons <= MOST_AT_ONCE and faces.faces <= MOST_FACES_AT_ONCE:
            return self._searches.compare(opened.model, faces)
        if faces.faces > MOST_FACES:
            raise UnsupportedFeature(f"Duplicates are searched among up to {MOST_FACES:,} faces.")
        return self._searches.current(opened, scope, directory_model)

    def _page(
        self, opened: OpenedFaces, found: FoundDuplicates, *, threshold: float, begin: int, top: int
    ) -> DuplicatesPage:
        """A page without persons and faces deleted since; it may be short, even empty."""
        some = self._at_least(threshold, found.model, found.pairs[begin : begin + top + 1])
        more, some = len(some) > top, some[:top]
        mixed = () if begin else found.mixed
        persons = opened.persons(
            sorted(
                {face.person_id for pair, _ in some for face in pair.faces}
                | {one.person_id for one in mixed}
            )
        )
        remaining = [left for one in mixed if (left := _remaining(one, persons)) is not None]
        return DuplicatesPage(
            found.computed,
            [_named(*scored, persons) for scored in some if _exists(scored[0], persons)],
            [
                NamedMixture(
                    one,
                    persons[one.person_id].name,
                    self._comparison.confidence(found.model, one.cosine),
                )
                for one in remaining
            ],
            str(begin + top) if more else None,
        )

    def _at_least(
        self, threshold: float, model: str, pairs: Sequence[AlikePersons]
    ) -> list[tuple[AlikePersons, float]]:
        """The pairs whose confidence is at least the threshold, with their confidences."""
        scored = [(pair, self._comparison.confidence(model, pair.score)) for pair in pairs]
        return [(pair, confidence) for pair, confidence in scored if confidence >= threshold]


def _named(pair: AlikePersons, confidence: float, persons: Persons) -> NamedPair:
    one, other = (persons[face.person_id].name for face in pair.faces)
    return NamedPair(pair, (one, other), confidence)


def _place(start: str) -> int:
    if not start:
        return 0
    if not (start.isascii() and start.isdigit() and len(start) <= _MOST_DIGITS):
        raise InvalidContinuation
    return int(start)


def _exists(pair: AlikePersons, persons: Persons) -> bool:
    """Whether both faces are still those of their persons."""
    return all(face.face_id in _faces_of(persons.get(face.person_id)) for face in pair.faces)


def _remaining(mixed: MixedPerson, persons: Persons) -> MixedPerson | None:
    """The groups without faces that were deleted; None if one group is empty."""
    living = _faces_of(persons.get(mixed.person_id))
    one, other = (tuple(face for face in group if face in living) for group in mixed.groups)
    if not one or not other:
        return None
    return MixedPerson(mixed.person_id, (one, other), mixed.cosine)


def _faces_of(person: Person | None) -> Sequence[str]:
    return () if person is None else person.persisted_face_ids
