"""The quota checks of each kind of addition, and their messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from shared.domain.collections import (
    FACE_COLLECTIONS,
    FACE_LIST,
    LARGE_FACE_LIST,
    CollectionKind,
)
from shared.domain.errors import PersistedFaceLimitReached
from shared.domain.quotas import UNLIMITED, Quotas
from shared.domain.values import Collection
from shared.services.collections.quota_guard import QuotaGuard
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.listed_faces import ListedFaces
from shared.storage.records.collections.people import People
from shared.storage.records.collections.person_counters import PersonCounters
from shared.storage.records.directory.people import DirectoryPeople

_DIRECTORY = "PersonDirectory"
_LISTS = {FACE_LIST.name: "Face List", LARGE_FACE_LIST.name: "Large Face List"}


class QuotaChecks:
    """Enforces quotas. Every ``room_for_…`` raises QuotaExceeded if the quota is reached."""

    def __init__(
        self,
        quotas: Quotas,
        guard: QuotaGuard,
        collections: CollectionRecords,
        people: People,
        faces: ListedFaces,
        counters: PersonCounters,
        directory: DirectoryPeople,
    ) -> None:
        self._quotas = quotas
        self._guard = guard
        self._collections = collections
        self._people = people
        self._faces = faces
        self._counters = counters
        self._directory = directory

    @property
    def faces_per_person(self) -> int:
        """Maximum number of faces of a person; the records that add faces count exactly."""
        return self._quotas.faces_per_person

    def room_for_collection(self, kind: CollectionKind) -> AbstractContextManager[None]:
        """A context in which one collection is created."""
        if kind in FACE_COLLECTIONS:
            message = f"{_LISTS[kind.name]} number reached limit."
        else:
            message = f"{kind.title} number reached subscription level limit."
        quota = self._quotas.of(kind).collections
        return self._guard.room(kind.name, quota, lambda: self._collections.count(kind), message)

    @contextmanager
    def room_for_person(self, collection: Collection, places: int = 1) -> Iterator[None]:
        """A context in which ``places`` persons are created."""
        kind, quota = collection.kind, self._quotas.of(collection.kind)
        with ExitStack() as rooms:
            if self._is_counted_over_all(kind):
                rooms.enter_context(
                    self._guard.room(
                        (kind.name, "persons"),
                        quota.items_over_all,
                        lambda: self._counters.total(kind),
                        "Person number reached subscription level limit.",
                        places,
                    )
                )
            rooms.enter_context(
                self._guard.room(
                    collection.incarnation,
                    quota.items,
                    lambda: self._people.count_persons(collection),
                    f"Person number reached {kind.title.lower()} level limit.",
                    places,
                )
            )
            yield

    def room_for_directory_person(self, places: int = 1) -> AbstractContextManager[None]:
        """A context in which ``places`` persons of the directory are created."""
        return self._guard.room(
            _DIRECTORY,
            self._quotas.directory_persons,
            self._directory.count,
            "Person number reached subscription level limit.",
            places,
        )

    def directory_person_deleted(self) -> None:
        """Discard a cached "full" of the directory."""
        self._guard.freed(_DIRECTORY)

    @contextmanager
    def room_for_listed_face(self, collection: Collection, places: int = 1) -> Iterator[int]:
        """A context in which ``places`` faces are added to a list.

        Yields:
            The maximum number of faces of the list; for face lists `ListedFaces.add` enforces it
            exactly.
        """
        maximum = self._quotas.of(collection.kind).items
        if collection.kind is FACE_LIST:
            yield maximum
            return
        with self._guard.room(
            collection.incarnation,
            maximum,
            lambda: self._faces.count(collection),
            PersistedFaceLimitReached.text,
            places,
        ):
            yield maximum

    def person_created(self, collection: Collection, person_id: str, number: int = 1) -> None:
        """Count ``number`` new persons; ``person_id`` is one of them."""
        if self._is_counted_over_all(collection.kind):
            self._counters.add(collection.kind, person_id, number)

    def person_deleted(self, collection: Collection, person_id: str) -> None:
        """Subtract a deleted person."""
        self._guard.freed(collection.incarnation)
        if self._is_counted_over_all(collection.kind):
            self._counters.add(collection.kind, person_id, -1)
            self._guard.freed((collection.kind.name, "persons"))

    def listed_face_deleted(self, collection: Collection) -> None:
        """Discard a cached "full" of a list."""
        self._guard.freed(collection.incarnation)

    def collection_deleted(self, collection: Collection) -> None:
        """Subtract a deleted collection and its persons, whose documents still exist."""
        kind = collection.kind
        self._guard.freed(kind.name)
        if self._is_counted_over_all(kind):
            if persons := self._people.count_persons(collection):
                self._counters.add(kind, collection.incarnation, -persons)
            self._guard.freed((kind.name, "persons"))

    def _is_counted_over_all(self, kind: CollectionKind) -> bool:
        return self._quotas.of(kind).items_over_all < UNLIMITED
