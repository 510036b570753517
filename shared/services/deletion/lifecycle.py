"""Deletes persons and faces, and checks additions against the deletion of the whole collection."""

from __future__ import annotations

from shared.domain.collections import LARGE_FACE_LIST, CollectionKey
from shared.domain.errors import CollectionNotFound
from shared.domain.values import Collection
from shared.services.deletion.outdated_uploads import OutdatedUploads
from shared.services.deletion.purge import CollectionPurge
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.deletions import CollectionDeletions
from shared.storage.records.collections.listed_faces import ListedFaces


class CollectionLifecycle:
    """Deletes persons and faces of collections; checks that a collection still exists."""

    def __init__(
        self,
        collections: CollectionRecords,
        deletions: CollectionDeletions,
        listed_faces: ListedFaces,
        purge: CollectionPurge,
        uploads: OutdatedUploads,
    ) -> None:
        self._collections = collections
        self._deletions = deletions
        self._listed_faces = listed_faces
        self._purge = purge
        self._uploads = uploads

    def delete_person(self, collection: Collection, person_id: str) -> None:
        """Delete a person of a group; no search that begins after this returns finds it.

        Raises:
            PersonNotFound: the person does not exist.
            ConcurrentOperation: other requests changed the person at every attempt.
        """

        def outdate(name: str) -> None:
            self._uploads.by_person(collection, name)

        self._deletions.delete_person(collection, person_id, outdate)

    def delete_face(self, collection: Collection, person_id: str, face_id: str) -> None:
        """Delete a face of a person; no search that begins after this returns finds it.

        Raises:
            PersonNotFound, PersistedFaceNotFound: the person or the face does not exist.
            ConcurrentOperation: other requests changed the person at every attempt.
        """
        self._uploads.by_face(collection, face_id)
        self._deletions.delete_face(collection, person_id, face_id)

    def delete_listed_face(self, collection: Collection, face_id: str) -> None:
        """Delete a face of a list; no search that begins after this returns finds it.

        Searches read the current faces of a face list, so that these need no marks.

        Raises:
            PersistedFaceNotFound: the face does not exist.
            ConcurrentOperation: other requests changed the face or the list at every attempt.
        """
        self._uploads.by_face(collection, face_id)
        if collection.kind is LARGE_FACE_LIST:
            self._deletions.delete_listed_face(collection, face_id)
        else:
            self._listed_faces.delete(collection, face_id)

    def verify_still_exists(self, key: CollectionKey, collection: Collection) -> Collection:
        """After an addition, purge the collection if it was deleted meanwhile.

        Returns:
            The current collection.

        Raises:
            CollectionNotFound: the collection was deleted.
        """
        current = self._collections.find(key)
        if current is None or current.incarnation != collection.incarnation:
            self._purge.request(collection)
            raise CollectionNotFound(key.kind)
        return current
