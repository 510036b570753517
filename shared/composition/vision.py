"""Vision: images to faces, and the meaning of their scores."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.composition.platform.foundation import Foundation
from shared.composition.platform.locked_cached_property import locked_cached_property
from shared.composition.platform.operator_files import read_operator_file
from shared.composition.platform.storage import StoragePart
from shared.domain.errors import InvalidCohort, InvalidModel

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from shared.network.image_urls import ImageUrlFetcher
    from shared.services.cohorts.cohort_file import CohortFile, CohortStamp
    from shared.services.cohorts.making import CohortMaking
    from shared.services.cohorts.operator_cohort import OperatorCohort
    from shared.services.cohorts.small_galleries import SmallGalleries
    from shared.services.recognition.candidate_rule import CandidateRule
    from shared.services.recognition.comparison import Comparison
    from shared.services.recognition.identification_scale import IdentificationScales
    from shared.services.recognition.image_analysis import ImageAnalysis
    from shared.vision.analyzer import FaceAnalyzer
    from shared.vision.confidence import ConfidenceCurve
    from shared.vision.embedder import Embedder

_DOWNLOADS = 16
"""Concurrent downloads of image URLs: a quarter of the one-machine host's threads."""
_DOWNLOADS_WAITING = 8


@dataclass(frozen=True, eq=False)
class VisionPart:
    """Vision: images to faces, and the meaning of their scores.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
        InvalidModel: likewise, if the model manifest or the custom model is not usable.
        InvalidCohort: likewise, if the operator's cohort is not usable.
    """

    _foundation: Foundation
    _storage: StoragePart

    @locked_cached_property
    def image_analysis(self) -> ImageAnalysis:
        """Images to faces, behind the inference gate."""
        from shared.domain.limits import MAXIMUM_DECODING_BYTES
        from shared.services.recognition.image_analysis import ImageAnalysis
        from shared.vision.runtime.inference_gate import InferenceGate
        from shared.vision.runtime.memory_budget import MemoryBudget

        settings = self._foundation.settings
        gate = InferenceGate(settings.inference_concurrency, settings.inference_waiting)
        memory = MemoryBudget(MAXIMUM_DECODING_BYTES)
        downloads = InferenceGate(_DOWNLOADS, _DOWNLOADS_WAITING)

        def fetch(url: str) -> bytes:
            with downloads.admit():
                return self._image_urls.fetch(url)

        return ImageAnalysis(self.analyzer, gate, memory, fetch, self.custom_analyzers)

    @locked_cached_property
    def _image_urls(self) -> ImageUrlFetcher:
        """Downloads images; made for the first URL, because the HTTP client loads slowly."""
        from shared.network.image_urls import ImageUrlFetcher

        return ImageUrlFetcher(allow_private=self._foundation.settings.url_allow_private)

    @locked_cached_property
    def embedding_model(self) -> str:
        """The embedding model of Azure's recognition models."""
        from shared.vision.runtime.manifest import Task, load_manifest

        return load_manifest().first(Task.RECOGNITION).name

    @locked_cached_property
    def comparison(self) -> Comparison:
        """Compares embeddings."""
        from shared.services.recognition.comparison import Comparison
        from shared.vision.runtime.manifest import Task, load_manifest

        recognition = load_manifest().first(Task.RECOGNITION)
        return Comparison(self._curves, {recognition.name: recognition.false_accepts}, self.cohorts)

    def check(self) -> None:
        """Run one tiny inference with each model, and load the operator's cohort.

        Raises:
            InvalidModel, InvalidCohort: a file of the operator is not usable.
        """
        self.image_analysis.check()
        _ = self.cohorts

    @locked_cached_property
    def small_galleries(self) -> SmallGalleries:
        """Corrects identification among few persons."""
        from shared.services.cohorts.small_galleries import SmallGalleries

        return SmallGalleries(self.cohorts)

    @locked_cached_property
    def cohorts(self) -> dict[str, OperatorCohort]:
        """The operator's cohort by its embedding model; empty if there is none."""
        name = self._foundation.settings.cohort_file
        if not name:
            return {}
        from shared.services.cohorts.cohort_file import decode_cohort
        from shared.services.cohorts.operator_cohort import OperatorCohort, check_stamp

        content = read_operator_file("FACE_COHORT", name, self._storage, InvalidCohort)
        file = decode_cohort(content, name)
        check_stamp(file, name, self.cohort_stamps)
        cohort = OperatorCohort(
            file.rule, self._cohort_vectors(file), digest=hashlib.sha256(content).hexdigest()
        )
        return {file.stamp.model: cohort}

    @locked_cached_property
    def cohort_making(self) -> CohortMaking:
        """Makes cohorts."""
        from shared.services.cohorts.making import CohortMaking

        return CohortMaking(
            self._storage.collections,
            self._storage.people,
            self.cohort_stamps,
            lambda model, confidence: self._curves[model].cosine(confidence),
            self._foundation.clock,
        )

    def _cohort_vectors(self, file: CohortFile) -> Callable[[], NDArray[np.float32]]:
        if not file.enrolled:
            return lambda: file.vectors
        from shared.services.cohorts.enrolled_faces import EnrolledCohortFaces

        enrolled = EnrolledCohortFaces(
            file.enrolled,
            self._storage.collections,
            self._storage.people,
            self._storage.marks,
            self._foundation.clock,
            model=file.stamp.model,
            dimension=file.vectors.shape[1],
        )
        return enrolled.vectors

    @locked_cached_property
    def cohort_stamps(self) -> dict[str, CohortStamp]:
        """What a cohort must have been made for, by embedding model."""
        from shared.domain.limits import SAME_PERSON_CONFIDENCE
        from shared.domain.models import Precision
        from shared.services.cohorts.cohort_file import CohortStamp
        from shared.vision.runtime.manifest import Task, load_manifest
        from shared.vision.runtime.precision import chosen_precision

        built_in = load_manifest().first(Task.RECOGNITION)
        chosen = chosen_precision(built_in, self._foundation.settings.precision)
        return {
            model: CohortStamp(
                model,
                chosen if model == built_in.name else Precision.FLOAT32,
                curve.cosine(SAME_PERSON_CONFIDENCE),
            )
            for model, curve in self._curves.items()
        }

    @locked_cached_property
    def identification_scales(self) -> IdentificationScales:
        """Converts scores of identification to confidences."""
        from shared.services.recognition.identification_scale import IdentificationScales

        settings = self._foundation.settings
        return IdentificationScales(
            self._curves,
            self._foundation.identification_fits,
            false_positives=settings.identify_false_positives,
        )

    @property
    def embedding_models(self) -> tuple[str, ...]:
        """The names of the models that make embeddings here."""
        return tuple(self._curves)

    def embedding_model_of(self, recognition_model: str) -> str:
        """The model that makes the embeddings of a recognition model's faces."""
        own = self._foundation.settings.custom_model
        if own is not None and recognition_model == own.name:
            return own.embedding_model
        return self.embedding_models[0]

    @locked_cached_property
    def _curves(self) -> dict[str, ConfidenceCurve]:
        from shared.vision.confidence import ConfidenceCurve
        from shared.vision.runtime.manifest import Task, load_manifest

        recognition = load_manifest().first(Task.RECOGNITION)
        own = self._foundation.settings.custom_model
        curves = {recognition.name: ConfidenceCurve(recognition.confidence)}
        if own is not None:
            curves[own.embedding_model] = ConfidenceCurve(own.confidence)
        return curves

    @locked_cached_property
    def candidate_rule(self) -> CandidateRule:
        """Selects candidates among the nearest persons."""
        from shared.services.recognition.candidate_rule import CandidateRule

        return CandidateRule(self._foundation.settings.identify_margin)

    @locked_cached_property
    def analyzer(self) -> FaceAnalyzer:
        """Detects and embeds faces."""
        from shared.vision.analyzer import load_analyzer

        return load_analyzer(
            minimum_face=self._foundation.settings.detect_minimum_pixels,
            precision=self._foundation.settings.precision,
        )

    @locked_cached_property
    def custom_analyzers(self) -> dict[str, FaceAnalyzer]:
        """The analyzer of the custom model by the model's name."""
        own, embedder = self._foundation.settings.custom_model, self.custom_embedder
        if own is None or embedder is None:
            return {}
        from shared.vision.custom_model import custom_curve

        return {own.name: self.analyzer.with_embedder(embedder, custom_curve(own))}

    @locked_cached_property
    def custom_embedder(self) -> Embedder | None:
        """The custom model; None if there is none."""
        own = self._foundation.settings.custom_model
        if own is None:
            return None
        from shared.vision.custom_model import load_custom_embedder

        content = read_operator_file("FACE_MODEL_FILE", own.file, self._storage, InvalidModel)
        return load_custom_embedder(own, content)
