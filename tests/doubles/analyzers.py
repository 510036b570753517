"""Face analyzers without models."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.domain.face.attributes import Attribute
from shared.domain.face.explanation import DetectionRule
from shared.domain.face.geometry import Point, Rectangle
from shared.domain.values import Detection, Embedding, FivePoints, SeenFace

EMBEDDING_MODEL = "made-up"
"""The embedding model of these analyzers."""


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """An image without pixels: only its bytes and a size."""

    content: bytes
    original_size: tuple[int, int] = (640, 480)
    reduction: int = 1


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """An image file whose decoding takes no memory."""

    decode: Callable[[], DecodedImage]
    peak_bytes: int = 0


class OneFaceAnalyzer:
    """A FaceAnalyzer that finds one face on every image.

    Attributes:
        decoded: how many images were decoded.
        during_decode: called once, when the next image is decoded.
        received: called with every image's bytes.
    """

    def __init__(self) -> None:
        self.decoded = 0
        self.during_decode: Callable[[], object] | None = None
        self.received: Callable[[bytes], object] = len

    def inspect(self, content: bytes) -> Any:
        """See FaceAnalyzer."""
        return EncodedImage(lambda: self._decode(content))

    def _decode(self, content: bytes) -> DecodedImage:
        self.decoded += 1
        self.received(content)
        if self.during_decode is not None:
            call, self.during_decode = self.during_decode, None
            call()
        return DecodedImage(content)

    def detect(self, image: Any) -> tuple[Detection, ...]:
        """See FaceAnalyzer."""
        points = FivePoints(*[Point(1.0, 1.0)] * 5)
        return (Detection(Rectangle(10, 10, 100, 120), points, 0.9),)

    def aligned(self, image: Any, detection: Detection) -> NDArray[np.uint8]:
        """See FaceAnalyzer."""
        return np.zeros((112, 112, 3), np.uint8)

    def rejected(
        self, image: Any, reported: Sequence[Detection]
    ) -> tuple[tuple[Detection, DetectionRule], ...]:
        """See FaceAnalyzer."""
        return ()

    def smallest_face(self, image: Any) -> int:
        """See FaceAnalyzer."""
        return 36

    def embed(self, image: Any, detections: Sequence[Detection]) -> tuple[Embedding, ...]:
        """See FaceAnalyzer."""
        vector = np.array([1, 0], np.float32)
        return tuple(Embedding(vector, EMBEDDING_MODEL) for _ in detections)

    def analyze(
        self,
        image: Any,
        detections: Sequence[Detection],
        *,
        embed: bool,
        attributes: Collection[Attribute],
        landmarks: bool,
    ) -> tuple[SeenFace, ...]:
        """See FaceAnalyzer."""
        assert not attributes, "This analyzer describes no faces."
        assert not landmarks, "This analyzer finds no landmarks."
        embeddings = self.embed(image, detections) if embed else [None] * len(detections)
        return tuple(SeenFace(*pair) for pair in zip(detections, embeddings, strict=True))

    def probe(self) -> None:
        """See FaceAnalyzer."""


class VectorAnalyzer(OneFaceAnalyzer):
    """Finds one face, whose embedding is the image's bytes read as float32."""

    def embed(self, image: Any, detections: Sequence[Detection]) -> tuple[Embedding, ...]:
        """See FaceAnalyzer."""
        vector = np.frombuffer(image.content, np.float32)
        return tuple(Embedding(vector, EMBEDDING_MODEL) for _ in detections)
