"""The persons of a group and their persisted faces."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from shared.domain.collections import CollectionKey
from shared.domain.errors import DocumentExists
from shared.domain.face.enrolment import NO_RULES, EnrolmentRules
from shared.domain.face.geometry import Rectangle
from shared.domain.identifiers import IdFactory
from shared.domain.requests import Changes, ImageSource
from shared.domain.values import PersistedFace, Person
from shared.services.collections.enrolment_gate import EnrolmentGate
from shared.services.collections.likeness import GroupLikeness
from shared.services.collections.quotas import QuotaChecks
from shared.services.deletion.lifecycle import CollectionLifecycle
from shared.services.recognition.identification import Identification
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.name_claims import NameClaims
from shared.storage.records.collections.people import People


class Persons:
    """Manages the persons of groups and their faces.

    All methods raise CollectionNotFound, PersonNotFound or PersistedFaceNotFound for what does not
    exist, and ConcurrentOperation if concurrent requests change the same person on every attempt.
    """

    def __init__(
        self,
        collections: CollectionRecords,
        people: People,
        names: NameClaims,
        lifecycle: CollectionLifecycle,
        quotas: QuotaChecks,
        gate: EnrolmentGate,
        identification: Identification,
        new_id: IdFactory,
    ) -> None:
        self._collections = collections
        self._people = people
        self._names = names
        self._lifecycle = lifecycle
        self._quotas = quotas
        self._gate = gate
        self._identification = identification
        self._new_id = new_id

    def create_person(
        self,
        group: CollectionKey,
        *,
        name: str,
        user_data: str | None,
        person_id: str | None = None,
    ) -> str:
        """Create a person without faces; returns its personId.

        Args:
            person_id: a new id, if the caller needs it in advance; None: one is made.

        Raises:
            QuotaExceeded: the group, or all groups of the kind together, are full.
        """
        collection = self._collections.get(group)
        person = Person(person_id or self._new_id(), name, user_data)
        if self._people.was_created(collection, person.person_id, person.person_id):
            return person.person_id
        with self._quotas.room_for_person(collection), suppress(DocumentExists):
            self._people.create(collection, person)
        current = self._lifecycle.verify_still_exists(group, collection)
        if current.names is not collection.names:
            self._names.register(current, name, person.person_id)
        self._quotas.person_created(collection, person.person_id)
        return person.person_id

    def get_person(self, group: CollectionKey, person_id: str) -> Person:
        """Read a person."""
        return self._people.get(self._collections.get(group), person_id)

    def page_persons(self, group: CollectionKey, *, start: str, top: int) -> list[Person]:
        """Up to ``top`` persons with ids greater than ``start``, in order of id."""
        return self._people.page(self._collections.get(group), start=start, top=top)

    def update_person(self, group: CollectionKey, person_id: str, changes: Changes) -> None:
        """Update a person's name or userData."""
        previous: list[Person] = []

        def change(person: Person) -> Person:
            previous.append(person)
            return changes.applied_to(person)

        self._people.update(self._collections.get(group), person_id, change)
        if changes.name is not None:
            collection = self._collections.get(group)
            self._names.rename(collection, person_id, old=previous[-1].name, new=changes.name)

    def delete_person(self, group: CollectionKey, person_id: str) -> None:
        """Delete a person with its faces. Identification no longer finds it once this returns."""
        collection = self._collections.get(group)
        self._lifecycle.delete_person(collection, person_id)
        self._quotas.person_deleted(collection, person_id)

    def add_face(
        self,
        group: CollectionKey,
        person_id: str,
        image: ImageSource,
        *,
        target: Rectangle | None,
        user_data: str | None,
        rules: EnrolmentRules = NO_RULES,
    ) -> str:
        """Add the face on an image to a person; returns its persistedFaceId.

        Args:
            target: rectangle that selects a face, if there are several.
            rules: what the image must meet; the group's gate completes them.

        Raises:
            InvalidImageUrl, InvalidImageSize, InvalidImage, BadArgument, EnrolmentRejected: as
                ``EnrolmentGate.embedding``.
            QuotaExceeded: the person has the maximum number of faces.
        """
        collection = self._collections.get(group)
        person = self._people.get(collection, person_id)
        face_id = self._new_id()
        if self._people.was_created(collection, person_id, face_id):
            return face_id
        likeness = GroupLikeness(collection, person, self._identification, self._people)
        embedding = self._gate.embedding(
            image, target, collection.recognition_model, rules.over(collection.gate), likeness
        )
        face = PersistedFace(face_id, person_id, embedding, user_data)
        with suppress(DocumentExists):
            self._people.add_face(collection, face, maximum=self._quotas.faces_per_person)
        self._lifecycle.verify_still_exists(group, collection)
        return face_id

    def add_embedded(self, group: CollectionKey, faces: Sequence[PersistedFace]) -> None:
        """Add the faces that a person does not have yet.

        Args:
            faces: of one person; at least one.

        Raises:
            QuotaExceeded: the person has the maximum number of faces.
        """
        collection = self._collections.get(group)
        maximum = self._quotas.faces_per_person
        self._people.add_faces(collection, faces[0].person_id, faces, maximum=maximum)
        self._lifecycle.verify_still_exists(group, collection)

    def get_face(self, group: CollectionKey, person_id: str, face_id: str) -> PersistedFace:
        """Read a person's face."""
        return self._people.get_face(self._collections.get(group), person_id, face_id)

    def update_face(
        self, group: CollectionKey, person_id: str, face_id: str, user_data: str | None
    ) -> None:
        """Set or clear a face's userData."""
        self._people.update_face(self._collections.get(group), person_id, face_id, user_data)

    def delete_face(self, group: CollectionKey, person_id: str, face_id: str) -> None:
        """Delete a face. Identification no longer finds it once this returns."""
        collection = self._collections.get(group)
        self._lifecycle.delete_face(collection, person_id, face_id)
