"""From a photograph, sent or linked, to the faces on it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from shared.faces.attributes import Attribute, FaceAttributes, Landmarks
from shared.faces.errors import BadArgument, InvalidImage
from shared.faces.geometry import Rectangle
from shared.faces.requests import ImageUrl, Photograph
from shared.faces.values import Detection, Embedding, SeenFace

if TYPE_CHECKING:
    from shared.vision.images import Image

_ENOUGH_OVERLAP = 0.3
"""A targetFace must overlap a face by this much, or hold its centre, to mean it."""
_DOMINANT = 1.5
"""Of two faces inside a targetFace one is meant if its overlap is this many times the other's."""


_PATIENCE = 60.0
"""Seconds that work which nobody waits for waits for its turn."""


class FaceAnalyzer(Protocol):
    """What the services need of vision."""

    def decode(self, content: bytes) -> Image:
        """Bytes to an upright picture."""
        ...

    def detect(self, image: Image) -> tuple[Detection, ...]:
        """The faces on a picture, largest first."""
        ...

    def embed(self, image: Image, detections: Sequence[Detection]) -> tuple[Embedding, ...]:
        """The embeddings of detected faces, in their order."""
        ...

    def describe(
        self,
        image: Image,
        detections: Sequence[Detection],
        wanted: Collection[Attribute],
        *,
        landmarks: bool,
    ) -> tuple[tuple[Landmarks | None, FaceAttributes], ...]:
        """Landmarks and attributes of detected faces, in their order."""
        ...

    def probe(self) -> None:
        """Run one tiny inference."""
        ...


class InferenceGate(Protocol):
    """Admits as many to inference as the machine can serve."""

    def admit(self) -> AbstractContextManager[None]:
        """Wait for a place if few wait already; otherwise raise Busy at once."""
        ...

    def admit_patiently(self, timeout: float) -> AbstractContextManager[None]:
        """Wait for a place however many wait; raise Busy after so many seconds."""
        ...


class Seeing:
    """Fetches, decodes, detects and embeds behind the inference gate.

    Args:
        fetch: downloads an image URL; raises InvalidImageUrl or InvalidImageSize.
    """

    def __init__(
        self, analyzer: FaceAnalyzer, gate: InferenceGate, fetch: Callable[[str], bytes]
    ) -> None:
        self._analyzer = analyzer
        self._gate = gate
        self._fetch = fetch

    def faces(
        self,
        photograph: Photograph,
        *,
        embed: bool,
        landmarks: bool = False,
        attributes: Collection[Attribute] = (),
        patient: bool = False,
    ) -> list[SeenFace]:
        """All faces on a photograph, largest first.

        Args:
            embed: whether embeddings are wanted too.
            landmarks: whether landmarks are wanted too.
            attributes: which attributes are wanted too.
            patient: wait for a place rather than be refused; for work that nobody waits for.

        Raises:
            InvalidImageUrl, InvalidImageSize, InvalidImage: the photograph cannot be used.
            Busy: too many wait already.
        """
        content = self._content(photograph)
        with self._gate.admit_patiently(_PATIENCE) if patient else self._gate.admit():
            image = self._analyzer.decode(content)
            detections = self._analyzer.detect(image)
            embeddings: Sequence[Embedding | None] = [None] * len(detections)
            if embed:
                embeddings = self._analyzer.embed(image, detections)
            if not landmarks and not attributes:
                return [SeenFace(*pair) for pair in zip(detections, embeddings, strict=True)]
            described = self._analyzer.describe(image, detections, attributes, landmarks=landmarks)
        return [
            SeenFace(detection, embedding, *description)
            for detection, embedding, description in zip(
                detections, embeddings, described, strict=True
            )
        ]

    def the_face(self, photograph: Photograph, target: Rectangle | None) -> Embedding:
        """The embedding of the only face, or of the one that ``target`` means.

        Raises:
            InvalidImage: there is no face, or more than one.
            BadArgument: the target lies outside the picture.
            InvalidImageUrl, InvalidImageSize, Busy: as for ``faces``.
        """
        content = self._content(photograph)
        with self._gate.admit():
            image = self._analyzer.decode(content)
            if target is not None and (target.right > image.width or target.bottom > image.height):
                raise BadArgument("Argument targetFace out of range.")
            detections = self._analyzer.detect(image)
            chosen = _only(detections) if target is None else _targeted(detections, target)
            return self._analyzer.embed(image, [chosen])[0]

    def check(self) -> None:
        """Run one tiny inference; raises what keeps it from working."""
        with self._gate.admit():
            self._analyzer.probe()

    def _content(self, photograph: Photograph) -> bytes:
        return self._fetch(photograph.url) if isinstance(photograph, ImageUrl) else photograph


def _only(detections: Sequence[Detection]) -> Detection:
    if not detections:
        raise InvalidImage("No face detected in the image.")
    if len(detections) > 1:
        raise InvalidImage("There is more than 1 face in the image.")
    return detections[0]


def _targeted(detections: Sequence[Detection], target: Rectangle) -> Detection:
    meant = [
        detection
        for detection in detections
        if target.holds_centre_of(detection.rectangle)
        or target.overlap(detection.rectangle) >= _ENOUGH_OVERLAP
    ]
    meant.sort(key=lambda detection: target.overlap(detection.rectangle), reverse=True)
    if len(meant) > 1:
        best, second = (target.overlap(detection.rectangle) for detection in meant[:2])
        if best >= _DOMINANT * second:
            return meant[0]
    return _only(meant)
