"""The only place that builds objects and wires them together, lazily.

Imports stand inside the builders: `function_app` must load without numpy, onnxruntime and the
Azure SDKs, and an instance that never looks at a photograph never loads a model.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from shared.composition.locked_cached_property import locked_cached_property
from shared.composition.training import TrainingRoot

if TYPE_CHECKING:
    from shared.services.collections.collections import Collections
    from shared.services.collections.dynamic_groups import DynamicPersonGroups
    from shared.services.collections.face_lists import FaceLists
    from shared.services.collections.operations import Operations
    from shared.services.collections.person_directory import PersonDirectory
    from shared.services.collections.persons import Enrolment
    from shared.services.deletion.mark import CollectionLifecycle
    from shared.services.deletion.retention import Retention
    from shared.services.galleries.directory_gallery import DirectoryGallery
    from shared.services.galleries.galleries import Galleries
    from shared.services.maintenance import Maintenance
    from shared.services.recognition.detection import FaceDetection
    from shared.services.recognition.directory_identification import DirectoryIdentification
    from shared.services.recognition.grouping import FaceGrouping
    from shared.services.recognition.identification import Identification
    from shared.services.recognition.image_analysis import ImageAnalysis
    from shared.services.recognition.liveness import LivenessService
    from shared.services.recognition.similarity import FaceSimilarity
    from shared.services.recognition.verification import FaceVerification
    from shared.services.uploads.ingestion import UploadIngestion
    from shared.vision.analyzer import FaceAnalyzer


class Root(TrainingRoot):
    """Everything the triggers call, built when it is first asked for.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
    """

    @locked_cached_property
    def detection(self) -> FaceDetection:
        """Detect."""
        from shared.services.recognition.detection import FaceDetection

        return FaceDetection(self.image_analysis, self._detected_faces, self._new_id, self._clock)

    @locked_cached_property
    def verification(self) -> FaceVerification:
        """Verify."""
        from shared.services.recognition.verification import FaceVerification

        return FaceVerification(
            self._detected_faces,
            self._collections,
            self._people,
            self._directory,
            self._comparison,
        )

    @locked_cached_property
    def identification(self) -> Identification:
        """Identify."""
        from shared.services.recognition.identification import Identification

        return Identification(
            self._galleries, self._detected_faces, self._comparison, self._candidate_rule
        )

    @locked_cached_property
    def similarity(self) -> FaceSimilarity:
        """Find similar."""
        from shared.services.recognition.similarity import FaceSimilarity

        return FaceSimilarity(
            self._detected_faces,
            self._comparison,
            self._collections,
            self._live_lists,
            self.identification,
        )

    @locked_cached_property
    def grouping(self) -> FaceGrouping:
        """Group."""
        from shared.services.recognition.grouping import FaceGrouping

        return FaceGrouping(self._detected_faces, self._comparison)

    @locked_cached_property
    def liveness(self) -> LivenessService:
        """Liveness sessions."""
        from shared.services.recognition.liveness import LivenessService
        from shared.storage.layout import OPERATIONS
        from shared.storage.records.liveness_sessions import LivenessSessions

        sessions = LivenessSessions(self._store.container(OPERATIONS), self._clock)
        return LivenessService(sessions, self.image_analysis, self._new_id, self._clock)

    @locked_cached_property
    def groups(self) -> Collections:
        """Collections."""
        from shared.services.collections.collections import Collections

        return Collections(self._collections, self.retention, self._quotas, self._new_id)

    @locked_cached_property
    def face_lists(self) -> FaceLists:
        """The faces of lists."""
        from shared.services.collections.face_lists import FaceLists

        return FaceLists(
            self._collections,
            self._listed_faces,
            self._lifecycle,
            self._quotas,
            self.image_analysis,
            self._new_id,
        )

    @locked_cached_property
    def enrolment(self) -> Enrolment:
        """Persons and persisted faces."""
        from shared.services.collections.persons import Enrolment

        return Enrolment(
            self._collections,
            self._people,
            self._lifecycle,
            self._quotas,
            self.image_analysis,
            self._new_id,
        )

    @locked_cached_property
    def person_directory(self) -> PersonDirectory:
        """Persons of no group."""
        from shared.services.collections.person_directory import PersonDirectory

        return PersonDirectory(
            self._directory,
            self._deletions,
            self._memberships,
            self._collections,
            self.operations,
            self._quotas,
            self.image_analysis,
            self._new_id,
        )

    @locked_cached_property
    def dynamic_groups(self) -> DynamicPersonGroups:
        """Dynamic person groups."""
        from shared.services.collections.dynamic_groups import DynamicPersonGroups

        return DynamicPersonGroups(
            self.groups,
            self._collections,
            self._directory,
            self._memberships,
            self.operations,
            self._lifecycle,
        )

    @locked_cached_property
    def directory_identification(self) -> DirectoryIdentification:
        """Identify in the person directory."""
        from shared.services.recognition.directory_identification import DirectoryIdentification

        return DirectoryIdentification(
            self._directory_gallery, self._detected_faces, self._comparison, self._candidate_rule
        )

    @locked_cached_property
    def operations(self) -> Operations:
        """Long-running operations."""
        from shared.services.collections.operations import Operations
        from shared.storage.layout import OPERATIONS
        from shared.storage.records.operations import OperationRecords

        records = OperationRecords(self._store.container(OPERATIONS))
        return Operations(records, self._new_id, self._clock)

    @locked_cached_property
    def _directory_gallery(self) -> DirectoryGallery:
        from shared.services.galleries.directory_copies import copies_of
        from shared.services.galleries.directory_gallery import DirectoryGallery
        from shared.storage.layout import PEOPLE

        return DirectoryGallery(
            self._collections,
            self._directory,
            self._memberships,
            self._deletions,
            copies_of(self._store.container(PEOPLE), self._clock),
        )

    @locked_cached_property
    def ingestion(self) -> UploadIngestion:
        """Uploads."""
        from shared.services.uploads.ingestion import UploadIngestion
        from shared.storage.layout import INGESTIONS
        from shared.storage.records.ingestions import IngestionRecords

        return UploadIngestion(
            self.image_analysis,
            self._detected_faces,
            self.identification,
            self._collections,
            IngestionRecords(self._store.container(INGESTIONS)),
            self._blobs,
            self._clock,
            self.settings.recognition_models,
        )

    @locked_cached_property
    def retention(self) -> Retention:
        """Purging what was deleted."""
        from shared.services.deletion.retention import Retention
        from shared.storage.layout import PEOPLE

        return Retention(
            self._collections,
            self._store.container(PEOPLE),
            self._blobs,
            self._queues,
            [self._snapshots, self._live_lists],
            self._memberships,
            self._vectors,
        )

    @locked_cached_property
    def maintenance(self) -> Maintenance:
        """What the timer does."""
        from shared.services.deletion.retention import Housekeeping
        from shared.services.maintenance import Maintenance
        from shared.services.uploads.reconciliation import Reconciliation

        housekeeping = Housekeeping(
            self._store, self._blobs, self._clock, upload_days=self.settings.upload_retention_days
        )
        reconciliation = Reconciliation(self.ingestion, self._blobs, self._clock)
        return Maintenance(
            housekeeping, reconciliation, self.training, self._queues, self._deletions
        )

    @locked_cached_property
    def image_analysis(self) -> ImageAnalysis:
        """Photographs to faces, behind the gate."""
        from shared.network.image_urls import ImageUrlFetcher
        from shared.services.recognition.image_analysis import ImageAnalysis
        from shared.vision.runtime.inference_gate import InferenceGate

        settings = self.settings
        gate = InferenceGate(settings.inference_concurrency, settings.inference_waiting)
        fetcher = ImageUrlFetcher(allow_private=settings.url_allow_private)
        return ImageAnalysis(self._analyzer, gate, fetcher.fetch, self._custom_analyzers)

    @locked_cached_property
    def _lifecycle(self) -> CollectionLifecycle:
        from shared.services.deletion.mark import CollectionLifecycle

        return CollectionLifecycle(
            self._collections, self._tombstones, self.retention, self.erasure
        )

    @locked_cached_property
    def _analyzer(self) -> FaceAnalyzer:
        from shared.vision.analyzer import load_analyzer

        return load_analyzer(
            minimum_face=self.settings.detect_minimum_pixels,
            precision=self.settings.precision,
        )

    @locked_cached_property
    def _custom_analyzers(self) -> dict[str, FaceAnalyzer]:
        own, embedder = self.settings.custom_model, self._custom_embedder
        if own is None or embedder is None:
            return {}
        from shared.vision.custom_model import custom_curve

        return {own.name: self._analyzer.with_embedder(embedder, custom_curve(own))}

    @locked_cached_property
    def _galleries(self) -> Galleries:
        from shared.services.galleries.galleries import Galleries
        from shared.services.galleries.index_selector import IndexSelector

        vectors = self._vectors
        trained = self._snapshots if vectors is None else IndexSelector(self._snapshots, vectors)
        return Galleries(self._collections, self._trainings, self._tombstones, trained)


class _Holder:
    """Holds the one root of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._root: Root | None = None

    def root(self) -> Root:
        """The root, built from the environment on first use."""
        with self._lock:
            if self._root is None:
                # numpy reads it when it is imported, which is later. With threads of its own
                # OpenBLAS stalls on busy cores: 8 ms instead of 0.4 for a search.
                os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
                self._root = Root(os.environ)
            return self._root


root = _Holder().root
"""The composition root: the one global of the service."""
