"""The storage half of the composition: settings, documents, blobs and queues, each built lazily."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.composition.locked_cached_property import locked_cached_property
from shared.domain.clock import Clock, SystemClock
from shared.domain.identifiers import IdFactory, random_id
from shared.settings.service import Settings

if TYPE_CHECKING:
    from shared.services.collections.quotas import QuotaChecks
    from shared.services.galleries.live_face_lists import LiveFaceLists
    from shared.services.training.vector_index_builder import VectorIndexBuilder
    from shared.storage.account.blobs import BlobStore
    from shared.storage.account.clients import StorageClients
    from shared.storage.account.queues import QueueSender
    from shared.storage.documents.store import DocumentStore
    from shared.storage.records.collections.collections import CollectionRecords
    from shared.storage.records.collections.listed_faces import ListedFaces
    from shared.storage.records.collections.people import People
    from shared.storage.records.collections.tombstones import TombstoneRecords
    from shared.storage.records.collections.training_faces import TrainingFaces
    from shared.storage.records.collections.trainings import TrainingRecords
    from shared.storage.records.detected_faces import DetectedFaces
    from shared.storage.records.directory.deletions import DirectoryDeletions
    from shared.storage.records.directory.memberships import Memberships
    from shared.storage.records.directory.people import DirectoryPeople
    from shared.storage.vectors.face_vectors import FaceVectors


class StorageRoot:
    """What services keep their data in.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        clock: Clock | None = None,
        new_id: IdFactory = random_id,
    ) -> None:
        self._environment = environment
        self._clock = clock or SystemClock()
        self._new_id = new_id

    def close(self) -> None:
        """Close the database and the connections to storage, as far as they were opened.

        For tools that end before their process does; a service has its root as long as it lives.
        """
        opened: dict[str, DocumentStore | StorageClients] = self.__dict__
        for name in ("_store", "_storage"):
            if name in opened:
                opened[name].close()

    @locked_cached_property
    def settings(self) -> Settings:
        """What the operator decided."""
        return Settings.from_environment(self._environment)

    @locked_cached_property
    def _detected_faces(self) -> DetectedFaces:
        from shared.storage.layout import FACES
        from shared.storage.records.detected_faces import DetectedFaces

        return DetectedFaces(self._store.container(FACES), self._clock)

    @locked_cached_property
    def _collections(self) -> CollectionRecords:
        from shared.storage.layout import COLLECTIONS
        from shared.storage.records.collections.collections import CollectionRecords

        return CollectionRecords(self._store.container(COLLECTIONS))

    @locked_cached_property
    def _trainings(self) -> TrainingRecords:
        from shared.storage.layout import COLLECTIONS
        from shared.storage.records.collections.trainings import TrainingRecords

        return TrainingRecords(self._store.container(COLLECTIONS))

    @locked_cached_property
    def _people(self) -> People:
        from shared.storage.layout import PEOPLE
        from shared.storage.records.collections.people import People

        return People(self._store.container(PEOPLE))

    @locked_cached_property
    def _directory(self) -> DirectoryPeople:
        from shared.storage.layout import PEOPLE
        from shared.storage.records.directory.people import DirectoryPeople

        return DirectoryPeople(self._store.container(PEOPLE))

    @locked_cached_property
    def _deletions(self) -> DirectoryDeletions:
        from shared.storage.layout import PEOPLE
        from shared.storage.records.directory.deletions import DirectoryDeletions

        return DirectoryDeletions(self._store.container(PEOPLE))

    @locked_cached_property
    def _memberships(self) -> Memberships:
        from shared.storage.layout import PEOPLE
        from shared.storage.records.directory.memberships import Memberships

        return Memberships(self._store.container(PEOPLE))

    @locked_cached_property
    def _listed_faces(self) -> ListedFaces:
        from shared.storage.layout import PEOPLE
        from shared.storage.records.collections.listed_faces import ListedFaces

        return ListedFaces(self._store.container(PEOPLE))

    @locked_cached_property
    def _quotas(self) -> QuotaChecks:
        from shared.services.collections.quota_guard import QuotaGuard
        from shared.services.collections.quotas import QuotaChecks
        from shared.storage.layout import COLLECTIONS
        from shared.storage.records.collections.person_counters import PersonCounters

        return QuotaChecks(
            self.settings.quotas,
            QuotaGuard(self._clock),
            self._collections,
            self._people,
            self._listed_faces,
            PersonCounters(self._store.container(COLLECTIONS)),
            self._directory,
        )

    @locked_cached_property
    def _live_lists(self) -> LiveFaceLists:
        from shared.services.galleries.live_face_lists import LiveFaceLists

        return LiveFaceLists(self._listed_faces)

    @locked_cached_property
    def _tombstones(self) -> TombstoneRecords:
        from shared.storage.layout import PEOPLE
        from shared.storage.records.collections.tombstones import TombstoneRecords

        return TombstoneRecords(self._store.container(PEOPLE))

    @locked_cached_property
    def _store(self) -> DocumentStore:
        from shared.storage.documents.open_store import open_store

        return open_store(self.settings.store.location, self._clock)

    @locked_cached_property
    def _vectors(self) -> FaceVectors | None:
        """The store's vector index; None where it has none. Nothing connects before a use."""
        connect = self.settings.store.location.open_vectors
        if connect is None:
            return None
        from shared.storage.vectors.face_vectors import FaceVectors

        return FaceVectors(connect)

    @locked_cached_property
    def _vector_filling(self) -> VectorIndexBuilder | None:
        if self._vectors is None:
            return None
        from shared.services.training.vector_index_builder import VectorIndexBuilder

        return VectorIndexBuilder(
            self._training_faces,
            self._vectors,
            self._blobs,
            self._new_id,
            faces_from=self.settings.store.vector_index_from,
        )

    @locked_cached_property
    def _training_faces(self) -> TrainingFaces:
        from shared.storage.layout import PEOPLE
        from shared.storage.records.collections.training_faces import TrainingFaces

        return TrainingFaces(self._store.container(PEOPLE))

    @locked_cached_property
    def _blobs(self) -> BlobStore:
        from shared.storage.account.azure_blobs import AzureBlobStore

        return AzureBlobStore(self._storage.blobs)

    @locked_cached_property
    def _queues(self) -> QueueSender:
        from shared.storage.account.azure_queues import AzureQueueSender

        return AzureQueueSender(self._storage.queues)

    @locked_cached_property
    def _storage(self) -> StorageClients:
        from shared.storage.account.clients import connect_storage

        return connect_storage(self.settings.storage)
