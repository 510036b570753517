"""The person directory: persons outside groups, with faces for each recognition model."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from shared.domain.collections import DYNAMIC_PERSON_GROUP, CollectionKey
from shared.domain.directory import DirectoryPerson, DynamicGroup
from shared.domain.errors import DocumentExists
from shared.domain.face.enrolment import NO_RULES, EnrolmentRules
from shared.domain.face.geometry import Rectangle
from shared.domain.identifiers import IdFactory
from shared.domain.models import DEFAULT_RECOGNITION_MODEL
from shared.domain.requests import Changes, ImageSource
from shared.domain.values import PersistedFace
from shared.services.collections.enrolment_gate import EnrolmentGate
from shared.services.collections.likeness import DirectoryLikeness
from shared.services.collections.operations import Operations
from shared.services.collections.quotas import QuotaChecks
from shared.services.recognition.directory_identification import DirectoryIdentification
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.directory.deletions import DirectoryDeletions
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.directory.people import DirectoryPeople


@dataclass(frozen=True, slots=True)
class Created:
    """The result of a long-running creation.

    Attributes:
        new_id: of the person or the persisted face.
        resource: its path below ``/face/{version}/``.
        operation_id: of the operation to poll.
    """

    new_id: str
    resource: str
    operation_id: str


class PersonDirectory:
    """Manages the persons of the directory and their faces.

    All methods raise PersonNotFound or PersistedFaceNotFound for what does not exist, and
    ConcurrentOperation if concurrent requests change the same person on every attempt.
    """

    def __init__(
        self,
        people: DirectoryPeople,
        deletions: DirectoryDeletions,
        memberships: Memberships,
        collections: CollectionRecords,
        operations: Operations,
        quotas: QuotaChecks,
        gate: EnrolmentGate,
        identification: DirectoryIdentification,
        new_id: IdFactory,
    ) -> None:
        self._people = people
        self._deletions = deletions
        self._memberships = memberships
        self._collections = collections
        self._operations = operations
        self._quotas = quotas
        self._gate = gate
        self._identification = identification
        self._new_id = new_id

    def create_person(
        self, *, name: str, user_data: str | None, person_id: str | None = None
    ) -> Created:
        """Create a person without faces.

        Args:
            person_id: a new id, if the caller needs it in advance; None: one is made.

        Raises:
            QuotaExceeded: the directory is full.
        """
        begun = self._operations.begin()
        person = DirectoryPerson(person_id or self._new_id(), name, user_data)
        if not self._people.was_created(person.person_id, person.person_id):
            with self._quotas.room_for_directory_person(), suppress(DocumentExists):
                self._people.create(person)
        resource = f"persons/{person.person_id}"
        return Created(person.person_id, resource, self._operations.finish(begun, resource))

    def get_person(self, person_id: str) -> DirectoryPerson:
        """Read a person."""
        return self._people.get(person_id)

    def page_persons(self, *, start: str, top: int) -> list[DirectoryPerson]:
        """Up to ``top`` persons with ids greater than ``start``, in order of id."""
        return self._people.page(start=start, top=top)

    def update_person(self, person_id: str, changes: Changes) -> None:
        """Update a person's name or userData."""
        self._people.update(person_id, changes.applied_to)

    def delete_person(self, person_id: str) -> str:
        """Delete a person with its faces and memberships; returns the operation id.

        No later response includes the person.
        """
        begun = self._operations.begin()
        self._deletions.delete(person_id)
        self._quotas.directory_person_deleted()
        return self._operations.finish(begun)

    def add_face(
        self,
        person_id: str,
        recognition_model: str,
        image: ImageSource,
        *,
        target: Rectangle | None,
        user_data: str | None,
        rules: EnrolmentRules = NO_RULES,
    ) -> Created:
        """Add the face on an image to a person.

        Args:
            target: rectangle that selects a face, if there are several.
            rules: what the image must meet.

        Raises:
            InvalidImageUrl, InvalidImageSize, InvalidImage, BadArgument, EnrolmentRejected: as
                ``EnrolmentGate.embedding``.
            QuotaExceeded: the person has the maximum number of faces for the model.
        """
        begun = self._operations.begin()
        person = self._people.get(person_id)
        face_id = self._new_id()
        if not self._people.was_created(person_id, face_id):
            likeness = DirectoryLikeness(
                person, recognition_model, self._identification, self._people
            )
            embedding = self._gate.embedding(
                image, target, DEFAULT_RECOGNITION_MODEL, rules, likeness
            )
            face = PersistedFace(face_id, person_id, embedding, user_data)
            with suppress(DocumentExists):
                self._people.add_face(
                    recognition_model, face, maximum=self._quotas.faces_per_person
                )
        resource = (
            f"persons/{person_id}/recognitionModels/{recognition_model}/persistedfaces/{face_id}"
        )
        return Created(face_id, resource, self._operations.finish(begun, resource))

    def add_embedded(self, recognition_model: str, faces: Sequence[PersistedFace]) -> None:
        """Add the faces that a person does not have yet.

        Args:
            faces: of one person; at least one.

        Raises:
            QuotaExceeded: the person has the maximum number of faces for the model.
        """
        maximum = self._quotas.faces_per_person
        self._people.add_faces(recognition_model, faces[0].person_id, faces, maximum=maximum)

    def get_face(self, person_id: str, recognition_model: str, face_id: str) -> PersistedFace:
        """Read a person's face."""
        return self._people.get_face(recognition_model, person_id, face_id)

    def update_face(
        self, person_id: str, recognition_model: str, face_id: str, user_data: str | None
    ) -> None:
        """Set or clear a face's userData."""
        self._people.update_face(recognition_model, person_id, face_id, user_data)

    def delete_face(self, person_id: str, recognition_model: str, face_id: str) -> str:
        """Delete a face; returns the operation id. Searches no longer find it once this returns."""
        begun = self._operations.begin()
        self._people.delete_face(recognition_model, person_id, face_id)
        return self._operations.finish(begun)

    def page_references(self, person_id: str, *, start: str, top: int) -> list[str]:
        """Up to ``top`` ids, greater than ``start``, of the dynamic groups with a person."""
        self._people.get(person_id)
        found: list[str] = []
        while len(found) < top:
            groups = self._memberships.groups(person_id, start=start, limit=top - len(found))
            if not groups:
                break
            found += self._existing(groups)
            start = groups[-1].group_id
        return found

    def _existing(self, groups: list[DynamicGroup]) -> list[str]:
        """The ids of those groups that still exist."""
        keys = [CollectionKey(DYNAMIC_PERSON_GROUP, group.group_id) for group in groups]
        current = self._collections.find_many(keys)
        return [
            group.group_id
            for group, found in zip(groups, current, strict=True)
            if found is not None and found.incarnation == group.incarnation
        ]
