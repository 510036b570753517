"""Facade of the vision pipeline: from an image or its URL to faces."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shared.domain.face.attributes import Attribute
from shared.domain.face.explanation import DetectionRule
from shared.domain.face.full_size import at_full_size, face_at_full_size
from shared.domain.face.geometry import Rectangle
from shared.domain.models import DEFAULT_DETECTION_MODEL, DEFAULT_RECOGNITION_MODEL
from shared.domain.requests import ImageSource, ImageUrl
from shared.domain.values import Detection, Embedding, SeenFace
from shared.services.recognition.target_face import rectangles_for_model, select_target_face

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shared.vision.decoding.encoded import EncodedImage
    from shared.vision.images import Image

_PATIENCE = 60.0
"""Timeout, in seconds, for background work to enter the gate."""


class FaceAnalyzer(Protocol):
    """The vision pipeline, as the services use it."""

    def inspect(self, content: bytes) -> EncodedImage:
        """Read the header of an image file, which determines the memory of its decoding."""
        ...

    def detect(self, image: Image) -> tuple[Detection, ...]:
        """The faces on an image, largest first."""
        ...

    def rejected(
        self, image: Image, reported: Sequence[Detection]
    ) -> tuple[tuple[Detection, DetectionRule], ...]:
        """The candidates that ``detect`` does not report, with the rule."""
        ...

    def smallest_face(self, image: Image) -> int:
        """Minimum longer side of a reported face, in pixels of the image."""
        ...

    def aligned(self, image: Image, detection: Detection) -> NDArray[np.uint8]:
        """A face as it is embedded, (112, 112, 3), RGB."""
        ...

    def embed(self, image: Image, detections: Sequence[Detection]) -> tuple[Embedding, ...]:
        """The embeddings of detected faces, in their order."""
        ...

    def analyze(
        self,
        image: Image,
        detections: Sequence[Detection],
        *,
        embed: bool,
        attributes: Collection[Attribute],
        landmarks: bool,
    ) -> tuple[SeenFace, ...]:
        """Return the requested properties of detected faces, in their order."""
        ...

    def probe(self) -> None:
        """Run one tiny inference."""
        ...


class InferenceGate(Protocol):
    """Limits the number of concurrent inferences."""

    def admit(self) -> AbstractContextManager[None]:
        """Enter the gate, waiting if the queue is short; raise Busy at once if it is full."""
        ...

    def admit_patiently(self, timeout: float) -> AbstractContextManager[None]:
        """Enter the gate however long the queue is; raise Busy after the timeout in seconds."""
        ...


class MemoryBudget(Protocol):
    """Limits the memory of concurrent decodings."""

    def reserve(self, size: int) -> AbstractContextManager[None]:
        """Reserve bytes, waiting until they are free; leaving the context releases them."""
        ...


@dataclass(frozen=True, slots=True)
class ImageReport:
    """What the detector found on an image, in pixels of its file.

    Attributes:
        size: width and height.
        smallest: longer side of the smallest face that is reported.
        faces: the reported faces, largest first.
        rejected: candidates that are not reported, with the rule.
    """

    size: tuple[int, int]
    smallest: int
    faces: Sequence[SeenFace]
    rejected: Sequence[tuple[Detection, DetectionRule]]


class ImageAnalysis:
    """Downloads and decodes images, detects and embeds faces, behind the inference gate.

    Args:
        memory: limits the memory of concurrent decodings.
        fetch: downloads an image URL; raises InvalidImageUrl or InvalidImageSize.
        own: the analyzers of custom recognition models, by model name.
    """

    def __init__(
        self,
        analyzer: FaceAnalyzer,
        gate: InferenceGate,
        memory: MemoryBudget,
        fetch: Callable[[str], bytes],
        own: Mapping[str, FaceAnalyzer] | None = None,
    ) -> None:
        self._analyzer = analyzer
        self._own = own or {}
        self._gate = gate
        self._memory = memory
        self._fetch = fetch

    def faces(
        self,
        source: ImageSource,
        *,
        embed: bool,
        landmarks: bool = False,
        attributes: Collection[Attribute] = (),
        detection_model: str = DEFAULT_DETECTION_MODEL,
        recognition_model: str = DEFAULT_RECOGNITION_MODEL,
        only_largest: bool = False,
        target: Rectangle | None = None,
        patient: bool = False,
    ) -> list[SeenFace]:
        """All faces on an image, largest first.

        Args:
            embed: whether to compute embeddings.
            landmarks: whether to compute landmarks.
            attributes: the attributes to compute.
            detection_model: determines the form of the rectangles.
            recognition_model: the model that embeddings are for.
            only_largest: return only the largest face, if there is any.
            target: return only the face that it selects.
            patient: wait up to a minute when the gate's queue is full, instead of raising Busy; for
                background work.

        Raises:
            InvalidImageUrl, InvalidImageSize, InvalidImage: the image cannot be used.
            InvalidImage, BadArgument: the target selects no face, or lies outside the image.
            Busy: too many requests are waiting.
        """
        with self.decoded(self.content(source), patient=patient) as image:
            detections = self._analyzer.detect(image)[: 1 if only_largest else None]
            if target is not None:
                detections = (_selected(image, detections, target),)
            seen = self._embedding(recognition_model).analyze(
                image, detections, embed=embed, attributes=attributes, landmarks=landmarks
            )
            full = [face_at_full_size(face, image.reduction, image.original_size) for face in seen]
        return rectangles_for_model(detection_model, full, image.original_size)

    def report(
        self, source: ImageSource, *, recognition_model: str, attributes: Collection[Attribute]
    ) -> ImageReport:
        """All faces on an image, and the rejected candidates of the detector.

        Raises:
            As ``faces``.
        """
        with self.decoded(self.content(source)) as image:
            detections, size = self._analyzer.detect(image), image.original_size
            seen = self._embedding(recognition_model).analyze(
                image, detections, embed=True, attributes=attributes, landmarks=False
            )
            rejected = self._analyzer.rejected(image, detections)
            return ImageReport(
                size,
                self._analyzer.smallest_face(image) * image.reduction,
                [face_at_full_size(face, image.reduction, size) for face in seen],
                [(at_full_size(one, image.reduction, size), rule) for one, rule in rejected],
            )

    def aligned(self, source: ImageSource, target: Rectangle | None) -> NDArray[np.uint8]:
        """The largest face, or the one that ``target`` selects, as it is embedded.

        Returns:
            uint8, (112, 112, 3), RGB.

        Raises:
            InvalidImage: there is no such face.
            BadArgument: the target lies outside the image.
            InvalidImageUrl, InvalidImageSize, Busy: as for ``faces``.
        """
        with self.decoded(self.content(source)) as image:
            detections = self._analyzer.detect(image)
            if target is None:
                detections = detections[:1]
            return self._analyzer.aligned(image, _selected(image, detections, target))

    def embed_target_face(
        self,
        source: ImageSource,
        target: Rectangle | None,
        recognition_model: str = DEFAULT_RECOGNITION_MODEL,
        *,
        patient: bool = False,
    ) -> Embedding:
        """The embedding of the only face, or of the one that ``target`` selects.

        Args:
            patient: as for ``faces``.

        Raises:
            InvalidImage: there is no face, or more than one.
            BadArgument: the target lies outside the image.
            InvalidImageUrl, InvalidImageSize, Busy: as for ``faces``.
        """
        with self.decoded(self.content(source), patient=patient) as image:
            detections = self._analyzer.detect(image)
            face = _selected(image, detections, target)
            return self._embedding(recognition_model).embed(image, [face])[0]

    def selected_face(
        self,
        source: ImageSource,
        select: Callable[[Sequence[Detection], tuple[int, int]], Detection],
        *,
        recognition_model: str = DEFAULT_RECOGNITION_MODEL,
        attributes: Collection[Attribute] = (),
        patient: bool = False,
    ) -> SeenFace:
        """One face of an image, embedded.

        Args:
            select: takes all faces, largest first, and the size of the image in its file; returns
                one of them, or raises.
            attributes: the attributes to compute.
            patient: as for ``faces``.

        Raises:
            InvalidImageUrl, InvalidImageSize, InvalidImage, Busy: as for ``faces``.
        """
        with self.decoded(self.content(source), patient=patient) as image:
            detections, size = self._analyzer.detect(image), image.original_size
            shown = [at_full_size(one, image.reduction, size) for one in detections]
            chosen = detections[shown.index(select(shown, size))]
            (seen,) = self._embedding(recognition_model).analyze(
                image, [chosen], embed=True, attributes=attributes, landmarks=False
            )
            return face_at_full_size(seen, image.reduction, size)

    def check(self) -> None:
        """Run one tiny inference with each model; raises the error that prevents it.

        It takes a few milliseconds and bypasses the gate, so that it does not wait for callers.
        """
        for analyzer in (self._analyzer, *self._own.values()):
            analyzer.probe()

    @contextmanager
    def decoded(self, content: bytes, *, patient: bool = False) -> Iterator[Image]:
        """Enter the gate, reserve memory and decode an image file.

        Raises:
            InvalidImageSize, InvalidImage: the file is not an image, or exceeds a limit.
            Busy: too many requests are waiting.
        """
        with self._gate.admit_patiently(_PATIENCE) if patient else self._gate.admit():
            encoded = self._analyzer.inspect(content)
            with self._memory.reserve(encoded.peak_bytes):
                yield encoded.decode()

    def _embedding(self, recognition_model: str) -> FaceAnalyzer:
        """The analyzer that embeds for a model; Azure's models share the built-in one."""
        return self._own.get(recognition_model, self._analyzer)

    def content(self, source: ImageSource) -> bytes:
        """The bytes of an image, downloaded if it is a URL.

        Raises:
            InvalidImageUrl, InvalidImageSize: the download failed.
        """
        return self._fetch(source.url) if isinstance(source, ImageUrl) else source


def _selected(image: Image, detections: Sequence[Detection], target: Rectangle | None) -> Detection:
    """The detection that a target selects; see ``select_target_face``."""
    size = image.original_size
    shown = [at_full_size(one, image.reduction, size) for one in detections]
    return detections[shown.index(select_target_face(shown, target, size))]
