"""Uploads: ingestion of blobs, and uploads whose event was lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.composition.deletion import DeletionPart
from shared.composition.discovery import DiscoveryPart
from shared.composition.enrolment import EnrolmentPart
from shared.composition.platform.foundation import Foundation
from shared.composition.platform.locked_cached_property import locked_cached_property
from shared.composition.platform.storage import StoragePart
from shared.composition.recognition import RecognitionPart
from shared.composition.training import TrainingPart
from shared.composition.vision import VisionPart

if TYPE_CHECKING:
    from shared.services.poison import PoisonMessages
    from shared.services.uploads.enrolment.enrolment import UploadEnrolment
    from shared.services.uploads.enrolment.verdicts import EnrolmentVerdicts
    from shared.services.uploads.growth import UploadGrowth
    from shared.services.uploads.inbox import UploadInbox
    from shared.services.uploads.ingestion import UploadIngestion
    from shared.services.uploads.reconciliation import Reconciliation
    from shared.storage.records.ingestions import IngestionRecords


@dataclass(frozen=True, eq=False)
class UploadPart:
    """Uploads: ingestion of blobs, and uploads whose event was lost.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
    """

    _foundation: Foundation
    _storage: StoragePart
    _vision: VisionPart
    _recognition: RecognitionPart
    _deletion: DeletionPart
    _training: TrainingPart
    _enrolment: EnrolmentPart
    _discovery: DiscoveryPart

    @locked_cached_property
    def ingestion(self) -> UploadIngestion:
        """Uploads."""
        from shared.services.uploads.ingestion import UploadIngestion

        return UploadIngestion(
            self._vision.image_analysis,
            self._storage.detected_faces,
            self._recognition.identification,
            self._storage.collections,
            self._storage.people,
            self._records,
            self._deletion.named_results,
            self._storage.blobs,
            self._foundation.clock,
            self._growth,
            self.verdicts,
            self._foundation.settings.recognition_models,
            self._discovery.unknown_faces,
        )

    @locked_cached_property
    def _growth(self) -> UploadGrowth:
        from shared.services.uploads.growth import UploadGrowth

        return UploadGrowth(self._storage.blobs, self._storage.queues, self._foundation.clock)

    @locked_cached_property
    def verdicts(self) -> EnrolmentVerdicts:
        """The results of enrolments."""
        from shared.services.uploads.enrolment.verdicts import EnrolmentVerdicts

        models = self._foundation.settings.recognition_models
        return EnrolmentVerdicts(self.enrolment, self._training.when_quiet, models)

    @locked_cached_property
    def enrolment(self) -> UploadEnrolment:
        """Enrolment by upload."""
        from shared.services.uploads.enrolment.enrolment import UploadEnrolment
        from shared.services.uploads.enrolment.named_persons import NamedPersons
        from shared.services.uploads.enrolment.places import EnrolmentPlaces

        storage, new_id = self._storage, self._foundation.new_id
        quotas = self._enrolment.quotas
        persons = NamedPersons(
            storage.collections, storage.people, storage.name_claims, quotas, new_id
        )
        places = EnrolmentPlaces(
            storage.collections,
            storage.people,
            storage.listed_faces,
            persons,
            self._deletion.lifecycle,
            quotas,
            self._enrolment.gate,
            self._recognition.identification,
            new_id,
        )
        return UploadEnrolment(places, storage.deletion_moments, storage.blobs)

    @locked_cached_property
    def _records(self) -> IngestionRecords:
        from shared.storage.layout import INGESTIONS
        from shared.storage.records.ingestions import IngestionRecords

        return IngestionRecords(self._storage.store.container(INGESTIONS))

    @locked_cached_property
    def reconciliation(self) -> Reconciliation:
        """Ingests uploads whose event was lost."""
        from shared.services.uploads.reconciliation import Reconciliation

        return Reconciliation(self.ingestion, self._storage.blobs, self._foundation.clock)

    @locked_cached_property
    def inbox(self) -> UploadInbox:
        """Uploads over HTTP."""
        from shared.services.uploads.inbox import UploadInbox

        models = self._foundation.settings.recognition_models
        unknown_faces = self._discovery.unknown_faces
        return UploadInbox(self._storage.blobs, self._records, models, unknown_faces)

    @locked_cached_property
    def poison(self) -> PoisonMessages:
        """Messages that failed on every attempt."""
        from shared.services.poison import PoisonMessages
        from shared.storage.account.azure_poison import AzurePoisonQueues

        return PoisonMessages(
            AzurePoisonQueues(self._storage.clients.queues),
            self._storage.queues,
            lambda name: self.ingestion.ingest(name),
        )
