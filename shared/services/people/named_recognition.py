"""Recognise: the faces on an image with the names of their candidates, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shared.domain.face.recognition import NamedCandidate, RecognitionRequest, RecognizedFace
from shared.domain.requests import ImageSource
from shared.domain.values import SeenFace
from shared.services.people.opened_scopes import OpenedScope
from shared.services.people.scope_search import ScopeSearch
from shared.services.recognition.detection import FaceDetection
from shared.services.recognition.image_analysis import ImageAnalysis


class NamedRecognition:
    """Detects faces and searches collections for all of them together."""

    def __init__(
        self, image_analysis: ImageAnalysis, detection: FaceDetection, scopes: ScopeSearch
    ) -> None:
        self._image_analysis = image_analysis
        self._detection = detection
        self._scopes = scopes

    def recognize(self, image: ImageSource, request: RecognitionRequest) -> list[RecognizedFace]:
        """The faces on an image, largest first, each with its candidates.

        Scopes are opened before the image is analysed, so that a scope that cannot be searched
        costs no inference. Faces are stored only if ``request.detection.remember``.

        Raises:
            CollectionNotFound, PersonNotFound: a scope does not exist.
            NotTrained, TrainingNotFinished, FaceListNotReady: a scope cannot be searched.
            BadArgument: the scopes have recognition models that cannot be compared.
            InvalidImageUrl, InvalidImageSize, InvalidImage: the image cannot be used.
            Busy: too many requests are waiting.
        """
        options = request.detection
        opened = [self._scopes.open(one, options.recognition_model) for one in request.scopes]
        options = replace(options, recognition_model=opened[0].recognition_model)
        seen = self._image_analysis.faces(
            image,
            embed=True,
            landmarks=options.landmarks,
            attributes=options.attributes,
            recognition_model=options.recognition_model,
            detection_model=options.detection_model,
            only_largest=request.only_largest,
        )
        candidates = _candidates(opened, seen, request)
        stored = self._detection.remember(seen, options)
        return [
            RecognizedFace(
                face.rectangle, tuple(some), face.face_id, face.landmarks, face.attributes
            )
            for face, some in zip(stored, candidates, strict=True)
        ]


def _candidates(
    opened: Sequence[OpenedScope], seen: Sequence[SeenFace], request: RecognitionRequest
) -> list[list[NamedCandidate]]:
    """For each face the best candidates of all scopes; each scope is searched once."""
    embeddings = [face.embedding for face in seen if face.embedding is not None]
    found: list[list[NamedCandidate]] = [[] for _ in embeddings]
    for scope in opened:
        for known, some in zip(
            found,
            scope.candidates(embeddings, count=request.count, threshold=request.threshold),
            strict=True,
        ):
            known.extend(some)
    return [sorted(some, key=lambda one: -one.confidence)[: request.count] for some in found]
