"""Recognition: detect, verify, identify, find similar, group, recognise, liveness sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.composition.galleries import GalleryPart
from shared.composition.platform.foundation import Foundation
from shared.composition.platform.locked_cached_property import locked_cached_property
from shared.composition.platform.storage import StoragePart
from shared.composition.vision import VisionPart

if TYPE_CHECKING:
    from shared.services.people.confidence_scales import ConfidenceScales
    from shared.services.people.explanation import ImageExplanation
    from shared.services.people.face_comparison import ImageComparison
    from shared.services.people.face_crops import FaceCrops
    from shared.services.people.named_recognition import NamedRecognition
    from shared.services.people.scope_search import ScopeSearch
    from shared.services.recognition.detection import FaceDetection
    from shared.services.recognition.directory_identification import DirectoryIdentification
    from shared.services.recognition.grouping import FaceGrouping
    from shared.services.recognition.identification import Identification
    from shared.services.recognition.liveness import LivenessService
    from shared.services.recognition.similarity import FaceSimilarity
    from shared.services.recognition.verification import FaceVerification


@dataclass(frozen=True, eq=False)
class RecognitionPart:
    """Recognition: detect, verify, identify, find similar, group, liveness sessions.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
    """

    _foundation: Foundation
    _storage: StoragePart
    _vision: VisionPart
    _galleries: GalleryPart

    @locked_cached_property
    def detection(self) -> FaceDetection:
        """Detect."""
        from shared.services.recognition.detection import FaceDetection

        return FaceDetection(
            self._vision.image_analysis,
            self._storage.detected_faces,
            self._foundation.new_id,
            self._foundation.clock,
        )

    @locked_cached_property
    def verification(self) -> FaceVerification:
        """Verify."""
        from shared.services.recognition.verification import FaceVerification

        return FaceVerification(
            self._storage.detected_faces,
            self._storage.collections,
            self._storage.people,
            self._storage.directory,
            self._vision.comparison,
        )

    @locked_cached_property
    def identification(self) -> Identification:
        """Identify."""
        from shared.services.recognition.identification import Identification

        return Identification(
            self._galleries.trained,
            self._storage.detected_faces,
            self._vision.comparison,
            self._vision.identification_scales,
            self._vision.candidate_rule,
            self.directory_identification,
            self._vision.small_galleries,
        )

    @locked_cached_property
    def directory_identification(self) -> DirectoryIdentification:
        """Identify in the person directory."""
        from shared.services.recognition.directory_identification import DirectoryIdentification

        return DirectoryIdentification(
            self._galleries.directory,
            self._storage.detected_faces,
            self._vision.identification_scales,
            self._vision.candidate_rule,
            self._vision.small_galleries,
        )

    @locked_cached_property
    def similarity(self) -> FaceSimilarity:
        """Find similar."""
        from shared.services.recognition.similarity import FaceSimilarity

        return FaceSimilarity(
            self._storage.detected_faces,
            self._vision.comparison,
            self._storage.collections,
            self._galleries.live_lists,
            self.identification,
        )

    @locked_cached_property
    def grouping(self) -> FaceGrouping:
        """Group."""
        from shared.services.recognition.grouping import FaceGrouping

        return FaceGrouping(self._storage.detected_faces, self._vision.comparison)

    @locked_cached_property
    def liveness(self) -> LivenessService:
        """Liveness sessions."""
        from shared.services.recognition.liveness import LivenessService
        from shared.storage.layout import OPERATIONS
        from shared.storage.records.liveness_sessions import LivenessSessions

        sessions = LivenessSessions(
            self._storage.store.container(OPERATIONS), self._foundation.clock
        )
        return LivenessService(
            sessions, self._vision.image_analysis, self._foundation.new_id, self._foundation.clock
        )

    @locked_cached_property
    def named(self) -> NamedRecognition:
        """Recognise."""
        from shared.services.people.named_recognition import NamedRecognition

        return NamedRecognition(self._vision.image_analysis, self.detection, self.scope_search)

    @locked_cached_property
    def images(self) -> ImageComparison:
        """Compare."""
        from shared.services.people.face_comparison import ImageComparison

        return ImageComparison(
            self._vision.image_analysis,
            self._storage.detected_faces,
            self._storage.collections,
            self._storage.people,
            self._storage.directory,
            self._vision.comparison,
        )

    @locked_cached_property
    def explanation(self) -> ImageExplanation:
        """Explain."""
        from shared.services.people.explanation import ImageExplanation

        return ImageExplanation(
            self._vision.image_analysis,
            self.scope_search,
            self._vision.candidate_rule,
            self.images,
        )

    @locked_cached_property
    def confidence(self) -> ConfidenceScales:
        """Explains confidences."""
        from shared.services.people.confidence_scales import ConfidenceScales

        return ConfidenceScales(
            self._vision.comparison, self._vision.embedding_model, self.identification
        )

    @locked_cached_property
    def crops(self) -> FaceCrops:
        """Crop."""
        from shared.services.people.face_crops import FaceCrops

        return FaceCrops(self._vision.image_analysis, self.named)

    @locked_cached_property
    def scope_search(self) -> ScopeSearch:
        """Searches collections of all kinds."""
        from shared.services.people.scope_search import ScopeSearch

        return ScopeSearch(
            self.identification,
            self.directory_identification,
            self.similarity,
            self._galleries.live_lists,
            self._storage.collections,
            self._storage.people,
            self._storage.listed_faces,
            self._storage.directory,
        )
