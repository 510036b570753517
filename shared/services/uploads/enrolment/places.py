"""Finds and creates the collections, persons and faces of uploads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from shared.domain.collections import (
    FACE_COLLECTIONS,
    FACE_LIST,
    PERSON_COLLECTIONS,
    CollectionKey,
)
from shared.domain.errors import DocumentExists, LineamentError
from shared.domain.identifiers import IdFactory
from shared.domain.values import Collection, Embedding, NameIndex, PersistedFace, Person
from shared.services.collections.enrolment_gate import EnrolmentGate
from shared.services.collections.likeness import GroupLikeness
from shared.services.collections.quotas import QuotaChecks
from shared.services.deletion.lifecycle import CollectionLifecycle
from shared.services.recognition.identification import Identification
from shared.services.uploads.enrolment.named_persons import NamedPersons
from shared.services.uploads.options import UploadOptions
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.listed_faces import ListedFaces
from shared.storage.records.collections.people import People

Permit = Callable[[], None]
"""Raises if an upload may not create anything any more; called right before each write."""


class EnrolmentPlaces:
    """Finds and creates what uploads name. Every write is conditional on what its permit read."""

    def __init__(
        self,
        collections: CollectionRecords,
        people: People,
        listed_faces: ListedFaces,
        persons: NamedPersons,
        lifecycle: CollectionLifecycle,
        quotas: QuotaChecks,
        gate: EnrolmentGate,
        identification: Identification,
        new_id: IdFactory,
    ) -> None:
        self._collections = collections
        self._people = people
        self._listed_faces = listed_faces
        self._persons = persons
        self._lifecycle = lifecycle
        self._quotas = quotas
        self._gate = gate
        self._identification = identification
        self._new_id = new_id

    def collection(self, key: CollectionKey) -> Collection | None:
        """The collection, if it exists."""
        return self._collections.find(key)

    def indexed(self, collection: Collection) -> Collection:
        """A group whose persons can be found by name."""
        return self._persons.index(collection)

    def person(self, collection: Collection, person: str) -> Person | None:
        """See ``NamedPersons.find``."""
        return self._persons.find(collection, person)

    def has_face(self, collection: Collection, person: Person | None, face_id: str) -> bool:
        """Whether a person, or a list, has a face."""
        if person is not None:
            return face_id in person.persisted_face_ids
        return self._listed_faces.find_many(collection, [face_id]) != [None]

    def still_has(self, collection: Collection, person_id: str | None, face_id: str) -> bool:
        """Like ``has_face``, for the current person."""
        if person_id is None:
            return self.has_face(collection, None, face_id)
        (person,) = self._people.find_many(collection, [person_id])
        return person is not None and self.has_face(collection, person, face_id)

    def embedding(
        self,
        content: bytes,
        options: UploadOptions,
        collection: Collection | None,
        person: Person | None,
    ) -> Embedding:
        """The embedding of the face to enrol, as ``EnrolmentGate.embedding``.

        Args:
            collection: None: it does not exist yet.
            person: None: the person does not exist yet, or the collection is a list.
        """
        if collection is None:
            model, rules = options.enrolment_model, options.rules
        else:
            model, rules = collection.recognition_model, options.rules.over(collection.gate)
        likeness = None
        if collection is not None and collection.kind in PERSON_COLLECTIONS:
            owner = person or Person("", "")
            likeness = GroupLikeness(collection, owner, self._identification, self._people)
        return self._gate.embedding(content, None, model, rules, likeness, patient=True)

    def create_collection(
        self, key: CollectionKey, recognition_model: str, permit: Permit
    ) -> Collection | None:
        """Create a collection; None if another request created it first.

        Raises:
            QuotaExceeded: the quota of this kind is reached.
        """
        intent = self._collections.intend(key)
        collection = Collection(
            kind=key.kind,
            collection_id=key.collection_id,
            name=key.collection_id,
            recognition_model=recognition_model,
            incarnation=self._new_id(),
            names=NameIndex.READY if key.kind in PERSON_COLLECTIONS else NameIndex.OFF,
        )
        try:
            permit()
            with self._quotas.room_for_collection(key.kind):
                made = self._collections.create_intended(collection, intent)
        except LineamentError:
            self._collections.abandon(key, intent)
            raise
        return collection if made else None

    def create_person(self, collection: Collection, name: str, permit: Permit) -> Person | None:
        """See ``NamedPersons.create``."""
        person = self._persons.create(collection, name, permit)
        if person is not None:
            self._lifecycle.verify_still_exists(collection.key, collection)
        return person

    def add_face(
        self,
        collection: Collection,
        person: Person | None,
        face: PersistedFace,
        permit: Permit,
    ) -> None:
        """Add a face; nothing happens if it exists already.

        Raises:
            PersonNotFound, CollectionNotFound: the person or the collection was deleted meanwhile.
            PersistedFaceNotFound: another worker added the face to a large list, and it was deleted
                meanwhile.
            QuotaExceeded: the person or the list is full.
            ConcurrentOperation: other requests interfered at every attempt.
        """
        with suppress(DocumentExists):
            if collection.kind in FACE_COLLECTIONS:
                self._add_to_list(collection, face, permit)
            else:
                maximum = self._quotas.faces_per_person
                self._people.add_face(collection, face, maximum=maximum, verify=permit)
        self._lifecycle.verify_still_exists(collection.key, collection)

    def _add_to_list(self, collection: Collection, face: PersistedFace, permit: Permit) -> None:
        if collection.kind is FACE_LIST:
            with self._quotas.room_for_listed_face(collection) as maximum:
                self._listed_faces.add(collection, face, maximum=maximum, verify=permit)
            return
        permit()
        try:
            with self._quotas.room_for_listed_face(collection) as maximum:
                self._listed_faces.add(collection, face, maximum=maximum)
        except DocumentExists:
            self._listed_faces.get(collection, face.persisted_face_id)
