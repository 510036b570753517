"""The storage half of the composition: settings, documents, blobs and queues, each built lazily."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.faces.clock import Clock, SystemClock
from shared.faces.identifiers import IdFactory, random_id
from shared.lazily import lazily
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.services.live_face_lists import LiveFaceLists
    from shared.services.quota_checks import QuotaChecks
    from shared.services.vector_filling import VectorFilling
    from shared.storage.blobs import BlobStore
    from shared.storage.collection_records import CollectionRecords
    from shared.storage.connections import StorageClients
    from shared.storage.detected_faces import DetectedFaces
    from shared.storage.directory import DirectoryPeople
    from shared.storage.directory_deletions import DirectoryDeletions
    from shared.storage.documents import DocumentStore
    from shared.storage.face_vectors import FaceVectors
    from shared.storage.listed_faces import ListedFaces
    from shared.storage.memberships import Memberships
    from shared.storage.people import People
    from shared.storage.queues import QueueSender
    from shared.storage.tombstones import TombstoneRecords
    from shared.storage.training_faces import TrainingFaces
    from shared.storage.training_records import TrainingRecords


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

    @lazily
    def settings(self) -> Settings:
        """What the operator decided."""
        return Settings.from_environment(self._environment)

    @lazily
    def _detected_faces(self) -> DetectedFaces:
        from shared.storage.detected_faces import DetectedFaces
        from shared.storage.names import FACES

        return DetectedFaces(self._store.container(FACES), self._clock)

    @lazily
    def _collections(self) -> CollectionRecords:
        from shared.storage.collection_records import CollectionRecords
        from shared.storage.names import COLLECTIONS

        return CollectionRecords(self._store.container(COLLECTIONS))

    @lazily
    def _trainings(self) -> TrainingRecords:
        from shared.storage.names import COLLECTIONS
        from shared.storage.training_records import TrainingRecords

        return TrainingRecords(self._store.container(COLLECTIONS))

    @lazily
    def _people(self) -> People:
        from shared.storage.names import PEOPLE
        from shared.storage.people import People

        return People(self._store.container(PEOPLE))

    @lazily
    def _directory(self) -> DirectoryPeople:
        from shared.storage.directory import DirectoryPeople
        from shared.storage.names import PEOPLE

        return DirectoryPeople(self._store.container(PEOPLE))

    @lazily
    def _deletions(self) -> DirectoryDeletions:
        from shared.storage.directory_deletions import DirectoryDeletions
        from shared.storage.names import PEOPLE

        return DirectoryDeletions(self._store.container(PEOPLE))

    @lazily
    def _memberships(self) -> Memberships:
        from shared.storage.memberships import Memberships
        from shared.storage.names import PEOPLE

        return Memberships(self._store.container(PEOPLE))

    @lazily
    def _listed_faces(self) -> ListedFaces:
        from shared.storage.listed_faces import ListedFaces
        from shared.storage.names import PEOPLE

        return ListedFaces(self._store.container(PEOPLE))

    @lazily
    def _quotas(self) -> QuotaChecks:
        from shared.services.quota_checks import QuotaChecks
        from shared.services.quota_guard import QuotaGuard
        from shared.storage.names import COLLECTIONS
        from shared.storage.person_tallies import PersonTallies

        return QuotaChecks(
            self.settings.quotas,
            QuotaGuard(self._clock),
            self._collections,
            self._people,
            self._listed_faces,
            PersonTallies(self._store.container(COLLECTIONS)),
            self._directory,
        )

    @lazily
    def _live_lists(self) -> LiveFaceLists:
        from shared.services.live_face_lists import LiveFaceLists

        return LiveFaceLists(self._listed_faces)

    @lazily
    def _tombstones(self) -> TombstoneRecords:
        from shared.storage.names import PEOPLE
        from shared.storage.tombstones import TombstoneRecords

        return TombstoneRecords(self._store.container(PEOPLE))

    @lazily
    def _store(self) -> DocumentStore:
        from shared.storage.opening import open_documents

        return open_documents(self.settings.cosmos, self.settings.data_directory, self._clock)

    @lazily
    def _vectors(self) -> FaceVectors | None:
        """The vector index; None where documents live in SQLite. Nothing connects before a use."""
        connection = self.settings.cosmos
        if connection is None:
            return None
        from shared.storage.cosmos import CosmosDocumentStore
        from shared.storage.face_vectors import FaceVectors

        return FaceVectors(lambda: CosmosDocumentStore(connection))

    @lazily
    def _vector_filling(self) -> VectorFilling | None:
        if self._vectors is None:
            return None
        from shared.services.vector_filling import VectorFilling

        return VectorFilling(
            self._training_faces,
            self._vectors,
            self._blobs,
            self._new_id,
            faces_from=self.settings.vector_index_from,
        )

    @lazily
    def _training_faces(self) -> TrainingFaces:
        from shared.storage.names import PEOPLE
        from shared.storage.training_faces import TrainingFaces

        return TrainingFaces(self._store.container(PEOPLE))

    @lazily
    def _blobs(self) -> BlobStore:
        from shared.storage.azure_blobs import AzureBlobStore

        return AzureBlobStore(self._storage.blobs)

    @lazily
    def _queues(self) -> QueueSender:
        from shared.storage.azure_queues import AzureQueueSender

        return AzureQueueSender(self._storage.queues)

    @lazily
    def _storage(self) -> StorageClients:
        from shared.storage.connections import connect_storage

        return connect_storage(self.settings.storage)
