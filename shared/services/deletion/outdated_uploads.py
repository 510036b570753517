"""Outdates uploads: what is deleted is not enrolled again by an upload that is older."""

from __future__ import annotations

import uuid
from datetime import datetime

from shared.domain.collections import COLLECTIONS, CollectionKey
from shared.domain.values import Collection
from shared.storage.account.blobs import BlobStore
from shared.storage.layout import UPLOADS
from shared.storage.records.enrolment_uploads import (
    NEVER,
    DeletionMoments,
    collection_subject,
    enrolment_folder,
    face_subject,
    person_subject,
)

_DERIVED = 5


class OutdatedUploads:
    """Notes deletions before they commit. The uploads themselves are left to their owner."""

    def __init__(self, blobs: BlobStore, moments: DeletionMoments) -> None:
        self._blobs = blobs
        self._moments = moments

    def by_collection(self, key: CollectionKey) -> None:
        """Before a collection is deleted."""
        if key.kind not in COLLECTIONS:
            return
        newest = self._newest(enrolment_folder(key))
        if newest != NEVER:
            self._moments.note(collection_subject(key), newest)

    def by_person(self, collection: Collection, name: str) -> None:
        """Before a person is deleted."""
        newest = self._newest(enrolment_folder(collection.key, name))
        if newest != NEVER:
            self._moments.note(person_subject(collection.key, name), newest)

    def by_face(self, collection: Collection, face_id: str) -> None:
        """Before a face is deleted; one that no upload made cannot be made again by one."""
        if is_of_upload(face_id):
            newest = self._newest(enrolment_folder(collection.key))
            self._moments.note(face_subject(face_id), newest)

    def _newest(self, folder: str) -> datetime:
        """When the most recent upload of a folder was written; NEVER if there is none."""
        return max(
            (blob.modified for blob in self._blobs.listing(UPLOADS, prefix=folder)), default=NEVER
        )


def is_of_upload(face_id: str) -> bool:
    """Whether a persistedFaceId was derived from an upload."""
    return uuid.UUID(face_id).version == _DERIVED
