"""Promotes a cluster of unknown faces to a person of a collection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from shared.domain.clock import Clock
from shared.domain.collections import CollectionKey
from shared.domain.directory import DirectoryScope
from shared.domain.errors import (
    BadArgument,
    ConcurrentOperation,
    DocumentConflict,
    PersonNotFound,
    UnknownNotFound,
)
from shared.domain.face.attributes import Level
from shared.domain.face.recognition import SearchScope
from shared.domain.face.unknowns import Cluster, NewPerson, Promoted, Promotion, Sighting
from shared.domain.identifiers import IdFactory, derived_id
from shared.domain.models import LATEST_RECOGNITION_MODEL
from shared.domain.values import PersistedFace
from shared.services.collections.collections import Collections
from shared.services.collections.person_directory import PersonDirectory
from shared.services.collections.persons import Persons
from shared.services.queue_policy import is_older
from shared.services.unknowns.unknowns import PROMOTION_LASTS, Unknowns
from shared.storage.records.unknowns.clusters import UnknownClusters

MOST_FACES = 10
"""Maximum number of faces of a cluster that are persisted: best quality first, then largest."""

_ATTEMPTS = 5
_QUALITIES = (Level.HIGH, Level.MEDIUM, Level.LOW)


class _Persons(Protocol):
    """The persons of one scope."""

    @property
    def recognition_model(self) -> str:
        """The recognition model of their faces."""
        ...

    def check(self, person_id: str) -> None:
        """Raise PersonNotFound if there is no such person."""
        ...

    def create(self, person_id: str, person: NewPerson) -> None:
        """Create a person under a new id."""
        ...

    def add(self, faces: Sequence[PersistedFace]) -> None:
        """Store the faces that a person does not have yet."""
        ...


class UnknownPromotion:
    """Promotes clusters.

    Args:
        embedding_model: returns the embedding model of a recognition model.
    """

    def __init__(
        self,
        unknowns: Unknowns,
        clusters: UnknownClusters,
        collections: Collections,
        persons: Persons,
        directory: PersonDirectory,
        embedding_model: Callable[[str], str],
        new_id: IdFactory,
        clock: Clock,
    ) -> None:
        self._unknowns = unknowns
        self._clusters = clusters
        self._collections = collections
        self._group_persons = persons
        self._directory = directory
        self._embedding_model = embedding_model
        self._new_id = new_id
        self._clock = clock

    def promote(self, unknown_id: str, scope: SearchScope, person: NewPerson | str) -> Promoted:
        """Add the best faces of a cluster to a person, and delete the cluster.

        A call that failed half-way may be repeated; it continues with the person that it created.

        Args:
            person: the person to create, or the id of one that exists.

        Raises:
            UnknownNotFound, CollectionNotFound, PersonNotFound: something does not exist.
            BadArgument: the collection's faces are of another embedding model.
            QuotaExceeded: the collection or the person is full.
            ConcurrentOperation: another promotion of the cluster is running.
        """
        cluster = self._unknowns.cluster(unknown_id)
        persons = self._persons(scope)
        if self._embedding_model(persons.recognition_model) != cluster.model:
            raise BadArgument("The collection has another recognition model than the cluster.")
        if isinstance(person, str):
            persons.check(person)
        cluster, person_id, exists = self._claimed(cluster, persons, person)
        if isinstance(person, NewPerson) and not exists:
            persons.create(person_id, person)
        faces = [
            PersistedFace(derived_id(person_id, one.sighting_id), person_id, one.embedding)
            for one in _best([one for _, one in self._clusters.sightings(cluster)])
        ]
        if not faces:  # Another call of this promotion is about to end it.
            raise ConcurrentOperation(cluster.unknown_id)
        persons.add(faces)
        with suppress(UnknownNotFound):  # Another call of this promotion has ended it.
            self._unknowns.forget(cluster.unknown_id, promoted_to=person_id)
        return Promoted(person_id, tuple(one.persisted_face_id for one in faces))

    def _claimed(
        self, cluster: Cluster, persons: _Persons, person: NewPerson | str
    ) -> tuple[Cluster, str, bool]:
        """Note the promotion in the cluster, which is neither forgotten nor merged meanwhile.

        Returns:
            The cluster as it is then, the id of the person, and whether that exists.
        """
        for _ in range(_ATTEMPTS):
            claim, exists = self._claim(cluster, persons, person)
            try:
                written = self._clusters.write(replace(cluster, promotion=claim))
            except DocumentConflict:
                cluster = self._unknowns.cluster(cluster.unknown_id)
                continue
            return written, claim.person_id, exists
        raise ConcurrentOperation(cluster.unknown_id)

    def _claim(
        self, cluster: Cluster, persons: _Persons, person: NewPerson | str
    ) -> tuple[Promotion, bool]:
        """The promotion to note, which goes on with a person that an earlier call created."""
        begun, now = cluster.promotion, self._clock.now()
        creates = isinstance(person, NewPerson)
        if begun is not None and begun.creates and creates and _exists(persons, begun.person_id):
            return replace(begun, since=now), True
        is_repeated = begun is not None and begun.person_id == person
        if (
            begun is not None
            and not is_repeated
            and not is_older(begun.since, PROMOTION_LASTS, now)
        ):
            raise ConcurrentOperation(cluster.unknown_id)
        if isinstance(person, str):
            return Promotion(person, now, creates=False), True
        return Promotion(self._new_id(), now), False

    def _persons(self, scope: SearchScope) -> _Persons:
        if isinstance(scope, DirectoryScope):
            return _DirectoryPersons(self._directory)
        return _GroupPersons(
            self._group_persons, scope, self._collections.get(scope).recognition_model
        )


@dataclass(frozen=True, slots=True)
class _GroupPersons:
    persons: Persons
    group: CollectionKey
    recognition_model: str

    def check(self, person_id: str) -> None:
        self.persons.get_person(self.group, person_id)

    def create(self, person_id: str, person: NewPerson) -> None:
        self.persons.create_person(
            self.group, name=person.name, user_data=person.user_data, person_id=person_id
        )

    def add(self, faces: Sequence[PersistedFace]) -> None:
        self.persons.add_embedded(self.group, faces)


@dataclass(frozen=True, slots=True)
class _DirectoryPersons:
    directory: PersonDirectory
    recognition_model: str = LATEST_RECOGNITION_MODEL

    def check(self, person_id: str) -> None:
        self.directory.get_person(person_id)

    def create(self, person_id: str, person: NewPerson) -> None:
        self.directory.create_person(
            name=person.name, user_data=person.user_data, person_id=person_id
        )

    def add(self, faces: Sequence[PersistedFace]) -> None:
        self.directory.add_embedded(self.recognition_model, faces)


def _exists(persons: _Persons, person_id: str) -> bool:
    try:
        persons.check(person_id)
    except PersonNotFound:
        return False
    return True


def _best(sightings: Sequence[Sighting]) -> list[Sighting]:
    """The sightings of the best quality, larger faces first."""
    return sorted(
        sightings,
        key=lambda one: (
            _QUALITIES.index(one.quality),
            -one.rectangle.width * one.rectangle.height,
            one.sighting_id,
        ),
    )[:MOST_FACES]
