"""Collections of all kinds: create, read, update, list, delete."""

from __future__ import annotations

from dataclasses import replace

from shared.domain.collections import CollectionKey, CollectionKind
from shared.domain.errors import CollectionExists
from shared.domain.face.enrolment import NO_RULES, EnrolmentRules
from shared.domain.identifiers import IdFactory
from shared.domain.requests import Changes
from shared.domain.values import Collection
from shared.services.collections.quotas import QuotaChecks
from shared.services.deletion.outdated_uploads import OutdatedUploads
from shared.services.deletion.purge import CollectionPurge
from shared.storage.records.collections.collections import CollectionRecords


class Collections:
    """Manages collections."""

    def __init__(
        self,
        collections: CollectionRecords,
        purge: CollectionPurge,
        quotas: QuotaChecks,
        uploads: OutdatedUploads,
        new_id: IdFactory,
    ) -> None:
        self._collections = collections
        self._uploads = uploads
        self._purge = purge
        self._quotas = quotas
        self._new_id = new_id

    def create(
        self,
        key: CollectionKey,
        *,
        name: str,
        user_data: str | None,
        recognition_model: str,
        gate: EnrolmentRules = NO_RULES,
    ) -> None:
        """Create a collection.

        Raises:
            CollectionExists: the id exists already.
            QuotaExceeded: the quota of this kind is reached.
        """
        collection = Collection(
            kind=key.kind,
            collection_id=key.collection_id,
            name=name,
            user_data=user_data,
            recognition_model=recognition_model,
            incarnation=self._new_id(),
            gate=gate,
        )
        if self._collections.find(key) is not None:
            raise CollectionExists(key.kind)
        with self._quotas.room_for_collection(key.kind):
            self._collections.create(collection)

    def get(self, key: CollectionKey) -> Collection:
        """Read a collection.

        Raises:
            CollectionNotFound: it does not exist.
        """
        return self._collections.get(key)

    def find(self, key: CollectionKey) -> Collection | None:
        """Read a collection; None if it does not exist."""
        return self._collections.find(key)

    def page(self, kind: CollectionKind, *, start: str, top: int) -> list[Collection]:
        """Up to ``top`` collections with ids greater than ``start``, in order of id."""
        return self._collections.page(kind, start=start, top=top)

    def update(self, key: CollectionKey, changes: Changes) -> None:
        """Update name or userData.

        Raises:
            CollectionNotFound: it does not exist.
            ConcurrentOperation: concurrent requests changed it on every attempt.
        """
        self._collections.update(key, changes.applied_to)

    def set_gate(self, key: CollectionKey, gate: EnrolmentRules) -> None:
        """Replace the enrolment rules for requests that have none.

        Raises:
            CollectionNotFound: it does not exist.
            ConcurrentOperation: concurrent requests changed it on every attempt.
        """
        self._collections.update(key, lambda collection: replace(collection, gate=gate))

    def delete(self, key: CollectionKey) -> None:
        """Delete a collection with everything in it. No later response includes it.

        Raises:
            CollectionNotFound: it does not exist.
            ConcurrentOperation: concurrent requests changed it on every attempt.
        """
        collection = self._collections.get(key)
        self._uploads.by_collection(key)
        self._collections.delete(
            key, collection.incarnation, lambda: self._purge.announce(collection)
        )
        self._quotas.collection_deleted(collection)
        self._purge.request(collection)
