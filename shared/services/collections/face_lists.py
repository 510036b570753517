"""Faces of face lists and large face lists: add, read, update, delete."""

from __future__ import annotations

from contextlib import suppress

from shared.domain.collections import CollectionKey
from shared.domain.errors import DocumentExists
from shared.domain.face.enrolment import NO_RULES, EnrolmentRules
from shared.domain.face.geometry import Rectangle
from shared.domain.identifiers import IdFactory
from shared.domain.requests import ImageSource
from shared.domain.values import PersistedFace
from shared.services.collections.enrolment_gate import EnrolmentGate
from shared.services.collections.quotas import QuotaChecks
from shared.services.deletion.lifecycle import CollectionLifecycle
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.listed_faces import ListedFaces


class FaceLists:
    """Manages the faces of lists.

    All methods raise CollectionNotFound or PersistedFaceNotFound for what does not exist, and
    ConcurrentOperation if concurrent requests change the same list on every attempt.
    """

    def __init__(
        self,
        collections: CollectionRecords,
        faces: ListedFaces,
        lifecycle: CollectionLifecycle,
        quotas: QuotaChecks,
        gate: EnrolmentGate,
        new_id: IdFactory,
    ) -> None:
        self._collections = collections
        self._faces = faces
        self._lifecycle = lifecycle
        self._quotas = quotas
        self._gate = gate
        self._new_id = new_id

    def add_face(
        self,
        key: CollectionKey,
        image: ImageSource,
        *,
        target: Rectangle | None,
        user_data: str | None,
        rules: EnrolmentRules = NO_RULES,
    ) -> str:
        """Add the face on an image to a list; returns its persistedFaceId.

        Args:
            target: rectangle that selects a face, if there are several.
            rules: what the image must meet; the list's gate completes them.

        Raises:
            InvalidImageUrl, InvalidImageSize, InvalidImage, BadArgument, EnrolmentRejected: as
                ``EnrolmentGate.embedding``.
            QuotaExceeded: the list is full.
        """
        collection = self._collections.get(key)
        face_id = self._new_id()
        if self._faces.was_created(collection, face_id):
            return face_id
        embedding = self._gate.embedding(
            image, target, collection.recognition_model, rules.over(collection.gate)
        )
        face = PersistedFace(face_id, face_id, embedding, user_data)
        with self._quotas.room_for_listed_face(collection) as maximum, suppress(DocumentExists):
            self._faces.add(collection, face, maximum=maximum)
        self._lifecycle.verify_still_exists(key, collection)
        return face_id

    def get_face(self, key: CollectionKey, face_id: str) -> PersistedFace:
        """Read a face."""
        return self._faces.get(self._collections.get(key), face_id)

    def page_faces(self, key: CollectionKey, *, start: str, top: int) -> list[PersistedFace]:
        """Up to ``top`` faces with ids greater than ``start``, in order of id."""
        return self._faces.page(self._collections.get(key), start=start, top=top)

    def all_faces(self, key: CollectionKey) -> list[PersistedFace]:
        """All faces of a face list, in order of id."""
        return self._faces.all(self._collections.get(key))

    def update_face(self, key: CollectionKey, face_id: str, user_data: str | None) -> None:
        """Set or clear a face's userData."""
        self._faces.update(self._collections.get(key), face_id, user_data)

    def delete_face(self, key: CollectionKey, face_id: str) -> None:
        """Delete a face. Searches no longer find it once this returns."""
        collection = self._collections.get(key)
        self._lifecycle.delete_listed_face(collection, face_id)
        self._quotas.listed_face_deleted(collection)
