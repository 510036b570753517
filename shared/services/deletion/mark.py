"""What a change inside a collection owes to searches, and to deletions of the whole."""

from __future__ import annotations

from dataclasses import replace

from shared.domain.collections import CollectionKey
from shared.domain.errors import CollectionNotFound
from shared.domain.values import Collection
from shared.services.deletion.erasure import Erasure
from shared.services.deletion.retention import Retention
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.tombstones import TombstoneRecords


class CollectionLifecycle:
    """Goes with every addition to a collection and every deletion from it."""

    def __init__(
        self,
        collections: CollectionRecords,
        tombstones: TombstoneRecords,
        retention: Retention,
        erasure: Erasure,
    ) -> None:
        self._collections = collections
        self._tombstones = tombstones
        self._retention = retention
        self._erasure = erasure

    def mark_deleted(
        self,
        key: CollectionKey,
        collection: Collection,
        person_id: str,
        face_id: str | None = None,
    ) -> None:
        """Before a deletion: make searches leave a person out, or one face of it.

        Writes the tombstone, tells that there is one, and has what trainings wrote cleared of it.
        """
        self._tombstones.add(collection.incarnation, face_id or person_id)
        self._collections.update(
            key, lambda current: replace(current, deletions=current.deletions + 1)
        )
        self._erasure.request(collection, person_id, face_id)

    def verify_still_exists(self, key: CollectionKey, collection: Collection) -> None:
        """After an addition: purge it if the collection was deleted meanwhile.

        Raises:
            CollectionNotFound: it was.
        """
        current = self._collections.find(key)
        if current is None or current.incarnation != collection.incarnation:
            self._retention.request(collection)
            raise CollectionNotFound(key.kind)
