"""Storage: the document store, blobs, queues, and the records above them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.composition.platform.foundation import Foundation
from shared.composition.platform.locked_cached_property import locked_cached_property

if TYPE_CHECKING:
    from shared.storage.account.blobs import BlobStore
    from shared.storage.account.clients import StorageClients
    from shared.storage.account.queues import QueueSender
    from shared.storage.documents.store import DocumentStore
    from shared.storage.records.collections.collections import CollectionRecords
    from shared.storage.records.collections.deletions import CollectionDeletions
    from shared.storage.records.collections.listed_faces import ListedFaces
    from shared.storage.records.collections.marks import Marks
    from shared.storage.records.collections.name_claims import NameClaims
    from shared.storage.records.collections.people import People
    from shared.storage.records.collections.training_faces import TrainingFaces
    from shared.storage.records.collections.trainings import TrainingRecords
    from shared.storage.records.detected_faces import DetectedFaces
    from shared.storage.records.directory.deletions import DirectoryDeletions
    from shared.storage.records.directory.memberships import Memberships
    from shared.storage.records.directory.people import DirectoryPeople
    from shared.storage.records.duplicates.searches import DuplicateSearchRecords
    from shared.storage.records.enrolment_uploads import DeletionMoments
    from shared.storage.records.named_results import NamedResultRecords
    from shared.storage.records.pending_tasks import PendingTasks
    from shared.storage.records.requests.answered_requests import AnsweredRequestRecords
    from shared.storage.vectors.face_vectors import FaceVectors

_DAY = 86_400
"""Seconds."""

_REMEMBERED_LONGER = 7
"""Days that a deletion is remembered after the uploads that it outdates have expired: a storage
account deletes expired blobs once per day, or later."""


@dataclass(frozen=True, eq=False)
class StoragePart:
    """Storage: the document store, blobs, queues, and the records above them.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
    """

    _foundation: Foundation

    def close(self) -> None:
        """Close the database and the connections to storage, if they were opened.

        For tools that end before their process does; a service keeps its container.
        """
        opened: dict[str, DocumentStore | StorageClients] = vars(self)
        for name in ("store", "clients"):
            if name in opened:
                opened[name].close()

    @locked_cached_property
    def store(self) -> DocumentStore:
        """The document store, opened on first use."""
        from shared.storage.documents.open_store import open_store

        return open_store(self._foundation.settings.store.location, self._foundation.clock)

    def check_writable(self) -> None:
        """Overwrite one small document.

        Raises:
            Unavailable: the document store cannot be written.
        """
        from shared.storage.documents.probe import write_probe
        from shared.storage.layout import OPERATIONS

        write_probe(self.store.container(OPERATIONS))

    @locked_cached_property
    def clients(self) -> StorageClients:
        """Clients of the storage account."""
        from shared.storage.account.clients import connect_storage

        return connect_storage(self._foundation.settings.storage)

    @locked_cached_property
    def blobs(self) -> BlobStore:
        """Blobs of the storage account."""
        from shared.storage.account.azure_blobs import AzureBlobStore

        return AzureBlobStore(self.clients.blobs)

    @locked_cached_property
    def queues(self) -> QueueSender:
        """Queues of the storage account."""
        from shared.storage.account.azure_queues import AzureQueueSender

        return AzureQueueSender(self.clients.queues)

    @locked_cached_property
    def vectors(self) -> FaceVectors | None:
        """The store's vector index; None if it has none. Connects on first use."""
        connect = self._foundation.settings.store.location.open_vectors
        if connect is None:
            return None
        from shared.storage.vectors.face_vectors import FaceVectors

        return FaceVectors(connect)

    @locked_cached_property
    def detected_faces(self) -> DetectedFaces:
        """Detected faces."""
        from shared.storage.layout import FACES
        from shared.storage.records.detected_faces import DetectedFaces

        return DetectedFaces(self.store.container(FACES), self._foundation.clock)

    @locked_cached_property
    def duplicate_searches(self) -> DuplicateSearchRecords:
        """Records of searches for duplicates."""
        from shared.storage.layout import OPERATIONS
        from shared.storage.records.duplicates.searches import DuplicateSearchRecords

        return DuplicateSearchRecords(self.store.container(OPERATIONS), timedelta(days=1))

    @locked_cached_property
    def collections(self) -> CollectionRecords:
        """Records of collections."""
        from shared.storage.layout import COLLECTIONS
        from shared.storage.records.collections.collections import CollectionRecords

        return CollectionRecords(self.store.container(COLLECTIONS))

    @locked_cached_property
    def trainings(self) -> TrainingRecords:
        """Records of trainings."""
        from shared.storage.layout import COLLECTIONS
        from shared.storage.records.collections.trainings import TrainingRecords

        return TrainingRecords(self.store.container(COLLECTIONS))

    @locked_cached_property
    def people(self) -> People:
        """Persons and faces of groups."""
        from shared.storage.layout import PEOPLE
        from shared.storage.records.collections.people import People

        return People(self.store.container(PEOPLE))

    @locked_cached_property
    def name_claims(self) -> NameClaims:
        """Names of persons of groups."""
        from shared.storage.layout import PEOPLE
        from shared.storage.records.collections.name_claims import NameClaims

        return NameClaims(self.store.container(PEOPLE))

    @locked_cached_property
    def deletion_moments(self) -> DeletionMoments:
        """The moments of deletions, which outdate earlier uploads."""
        from shared.storage.layout import INGESTIONS
        from shared.storage.records.enrolment_uploads import DeletionMoments

        days = self._foundation.settings.upload_retention_days + _REMEMBERED_LONGER
        return DeletionMoments(self.store.container(INGESTIONS), lifetime=days * _DAY)

    @locked_cached_property
    def listed_faces(self) -> ListedFaces:
        """Faces of lists."""
        from shared.storage.layout import PEOPLE
        from shared.storage.records.collections.listed_faces import ListedFaces

        return ListedFaces(self.store.container(PEOPLE))

    @locked_cached_property
    def marks(self) -> Marks:
        """Marks of deleted persons and faces."""
        from shared.storage.layout import PEOPLE
        from shared.storage.records.collections.marks import Marks

        people = self.store.container(PEOPLE)
        return Marks(people, self._foundation.new_id, self._foundation.clock)

    @locked_cached_property
    def tasks(self) -> PendingTasks:
        """Pending tasks."""
        from shared.storage.layout import COLLECTIONS
        from shared.storage.records.pending_tasks import PendingTasks

        return PendingTasks(self.store.container(COLLECTIONS))

    @locked_cached_property
    def named_results(self) -> NamedResultRecords:
        """Which results of uploads name which persons and faces."""
        from shared.storage.layout import INGESTIONS
        from shared.storage.records.named_results import NamedResultRecords

        days = self._foundation.settings.upload_retention_days + 1
        return NamedResultRecords(self.store.container(INGESTIONS), time_to_live=days * _DAY)

    @locked_cached_property
    def answered_requests(self) -> AnsweredRequestRecords:
        """Requests with an Idempotency-Key."""
        from shared.storage.layout import OPERATIONS
        from shared.storage.records.requests.answered_requests import AnsweredRequestRecords

        return AnsweredRequestRecords(self.store.container(OPERATIONS))

    @locked_cached_property
    def collection_deletions(self) -> CollectionDeletions:
        """Deletions inside groups and large face lists."""
        from shared.storage.layout import PEOPLE
        from shared.storage.records.collections.deletions import CollectionDeletions

        people = self.store.container(PEOPLE)
        return CollectionDeletions(people, self.marks, self.tasks, self._foundation.clock)

    @locked_cached_property
    def training_faces(self) -> TrainingFaces:
        """Faces in the order of training."""
        from shared.storage.layout import PEOPLE
        from shared.storage.records.collections.training_faces import TrainingFaces

        return TrainingFaces(self.store.container(PEOPLE))

    @locked_cached_property
    def directory(self) -> DirectoryPeople:
        """Persons and faces of the directory."""
        from shared.storage.layout import PEOPLE
        from shared.storage.records.directory.people import DirectoryPeople

        return DirectoryPeople(self.store.container(PEOPLE))

    @locked_cached_property
    def deletions(self) -> DirectoryDeletions:
        """Deletions in the directory."""
        from shared.storage.layout import PEOPLE
        from shared.storage.records.directory.deletions import DirectoryDeletions

        return DirectoryDeletions(self.store.container(PEOPLE))

    @locked_cached_property
    def memberships(self) -> Memberships:
        """Members of dynamic person groups."""
        from shared.storage.layout import PEOPLE
        from shared.storage.records.directory.memberships import Memberships

        return Memberships(self.store.container(PEOPLE))
