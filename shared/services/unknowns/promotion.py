"""Promotes a cluster of unknown faces to a person of a collection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from shared.domain.clock import Clock
from shared.domain.collections import CollectionKey
from shared.domain.directory import DirectoryScope
from shared.domain.errors import BadArgument, ConcurrentOperation, DocumentConflict, PersonNotFound
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
from shared.services.unknowns.unknowns import Unknowns
from shared.storage.records.unknowns.clusters import UnknownClusters

MOST_FACES = 10
"""Maximum number of faces of a cluster that are persisted: best quality first, then largest."""

_RUNNING_FOR = timedelta(minutes=1)
"""Time for which a promotion that has not created its person is assumed to be running."""

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
            person_id = person
        else:
            person_id = self._created(cluster, persons, person)
        faces = [
            PersistedFace(derived_id(person_id, one.sighting_id), person_id, one.embedding)
            for one in _best([one for _, one in self._clusters.sightings(cluster)])
        ]
        persons.add(faces)
        self._unknowns.forget(cluster.unknown_id)
        return Promoted(person_id, tuple(one.persisted_face_id for one in faces))

    def _created(self, cluster: Cluster, persons: _Persons, person: NewPerson) -> str:
        """The id of the person for this cluster, who is created once."""
        for _ in range(_ATTEMPTS):
            begun = cluster.promotion
            if begun is not None:
                try:
                    persons.check(begun.person_id)
                except PersonNotFound:
                    if not is_older(begun.since, _RUNNING_FOR, self._clock.now()):
                        raise ConcurrentOperation(cluster.unknown_id) from None
                else:
                    return begun.person_id
            claim = Promotion(self._new_id(), self._clock.now())
            try:
                self._clusters.write(replace(cluster, promotion=claim))
            except DocumentConflict:
                cluster = self._unknowns.cluster(cluster.unknown_id)
                continue
            persons.create(claim.person_id, person)
            return claim.person_id
        raise ConcurrentOperation(cluster.unknown_id)

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
