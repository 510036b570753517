"""Outdates uploads, so that an older upload does not enrol again what was deleted."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from shared.domain.clock import Clock
from shared.domain.collections import COLLECTIONS, CollectionKey
from shared.domain.errors import Unavailable
from shared.domain.identifiers import is_derived
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

_log = logging.getLogger(__name__)

_MOST_LISTED = 1_000
_CLOCKS_DIFFER = timedelta(minutes=5)
"""Maximum difference between this clock and the storage account's."""


class OutdatedUploads:
    """Records deletions before they are committed. The uploads, which the operator owns, stay.

    A deletion lists at most 1,000 uploads. If a folder has more, all uploads up to the current time
    of the storage account are outdated. If uploads cannot be listed, the deletion does not wait:
    all uploads up to five minutes from now are outdated.
    """

    def __init__(self, blobs: BlobStore, moments: DeletionMoments, clock: Clock) -> None:
        self._blobs = blobs
        self._moments = moments
        self._clock = clock

    def by_collection(self, key: CollectionKey) -> None:
        """Outdate the uploads of a collection; call it before the deletion."""
        if key.kind not in COLLECTIONS:
            return
        newest = self._newest(enrolment_folder(key))
        if newest != NEVER:
            self._moments.note(collection_subject(key), newest)

    def by_person(self, collection: Collection, name: str) -> None:
        """Outdate the uploads of a person; call it before the deletion."""
        newest = self._newest(enrolment_folder(collection.key, name))
        if newest != NEVER:
            self._moments.note(person_subject(collection.key, name), newest)

    def by_face(self, collection: Collection, face_id: str) -> None:
        """Outdate the upload of a face, if it has one; call it before the deletion."""
        if is_of_upload(face_id):
            newest = self._newest(enrolment_folder(collection.key))
            self._moments.note(face_subject(face_id), newest)

    def _newest(self, folder: str) -> datetime:
        """When the latest upload of a folder may have been written; NEVER if there is none."""
        try:
            page = self._blobs.page(UPLOADS, top=_MOST_LISTED, prefix=folder)
        except Unavailable:
            _log.warning("a deletion outdates uploads that storage cannot list", exc_info=True)
            return self._clock.now() + _CLOCKS_DIFFER
        newest = max((blob.modified for blob in page.blobs), default=NEVER)
        return newest if page.continuation is None else max(newest, page.answered)


def is_of_upload(face_id: str) -> bool:
    """Whether a persistedFaceId was derived from an upload."""
    return is_derived(face_id)
