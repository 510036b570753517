"""Compare: the faces of an image with those of other images, detected faces or a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from shared.domain.directory import DirectoryScope
from shared.domain.errors import (
    FaceNotFound,
    InvalidInput,
    PersonWithoutFaces,
)
from shared.domain.face.comparison import (
    ComparedFace,
    ComparisonRequest,
    FaceComparison,
    FacePair,
    FaceSource,
    PersonSource,
)
from shared.domain.models import LATEST_DETECTION_MODEL, LATEST_RECOGNITION_MODEL
from shared.domain.values import Embedding, PersistedFace, SeenFace
from shared.services.recognition.comparison import Comparison, incompatible_models
from shared.services.recognition.image_analysis import ImageAnalysis
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.people import People
from shared.storage.records.detected_faces import DetectedFaces
from shared.storage.records.directory.people import DirectoryPeople


@dataclass(frozen=True, slots=True)
class _Face:
    shown: ComparedFace
    embedding: Embedding


class ImageComparison:
    """Compares faces of images without storing any."""

    def __init__(
        self,
        image_analysis: ImageAnalysis,
        detected_faces: DetectedFaces,
        collections: CollectionRecords,
        people: People,
        directory: DirectoryPeople,
        comparison: Comparison,
    ) -> None:
        self._image_analysis = image_analysis
        self._detected_faces = detected_faces
        self._collections = collections
        self._people = people
        self._directory = directory
        self._comparison = comparison

    def compare(self, request: ComparisonRequest) -> FaceComparison:
        """The most similar pairs of a face of the probe and a face that it is compared with.

        Raises:
            CollectionNotFound, PersonNotFound, PersistedFaceNotFound: there is no such person, or
                it has no faces.
            FaceNotFound: a faceId is unknown or has expired.
            InvalidImageUrl, InvalidImageSize, InvalidImage: an image cannot be used; the message
                names it.
            BadArgument: a target lies outside its image, or recognition models differ.
            Busy: too many requests are waiting.
        """
        model = request.recognition_model or LATEST_RECOGNITION_MODEL
        if isinstance(request.against, PersonSource):
            model, against = self._person(request.against, request.recognition_model)
            empty: list[str] = []
        else:
            found = [
                (f"against[{index}]", self._faces(source, f"against[{index}]", model, index))
                for index, source in enumerate(request.against)
            ]
            against = [face for _, faces in found for face in faces]
            empty = [name for name, faces in found if not faces]
        probes = self._faces(request.probe, "probe", model)
        if not probes:
            empty.insert(0, "probe")
        return FaceComparison(tuple(self._best(probes, against, request.pairs)), tuple(empty))

    def compare_seen(
        self, seen: Sequence[SeenFace], other: FaceSource, model: str, *, pairs: int
    ) -> tuple[FacePair, ...]:
        """Like ``compare``, for the faces of an image that was analysed already and one source.

        Args:
            model: the recognition model that the faces are embedded for.
        """
        against = self._faces(other, "other", model, 0)
        return tuple(self._best(_embedded(seen), against, pairs))

    def _best(
        self, probes: Sequence[_Face], against: Sequence[_Face], count: int
    ) -> Iterator[FacePair]:
        if not probes or not against:
            return
        models = {face.embedding.model for face in (*probes, *against)}
        if len(models) > 1:
            raise incompatible_models()
        (model,) = models
        ones = np.stack([face.embedding.vector for face in probes])
        others = np.stack([face.embedding.vector for face in against])
        scores = self._comparison.scores(model, ones, others)
        for place in np.argsort(-scores, axis=None, kind="stable")[:count]:
            row, column = divmod(int(place), len(against))
            cosine = min(1.0, max(-1.0, float(ones[row] @ others[column])))
            confidence = self._comparison.confidence(model, float(scores[row, column]))
            rate = self._comparison.false_accept_rate(model, confidence)
            yield FacePair(probes[row].shown, against[column].shown, cosine, confidence, rate)

    def _faces(
        self, source: FaceSource, name: str, model: str, index: int | None = None
    ) -> list[_Face]:
        """The faces of one source; errors name it."""
        with _naming(name):
            if isinstance(source.source, str):
                (face,) = self._detected_faces.all_of([source.source])
                return [_Face(ComparedFace(index, face_id=face.face_id), face.embedding)]
            seen = self._image_analysis.faces(
                source.source,
                embed=True,
                recognition_model=model,
                detection_model=LATEST_DETECTION_MODEL,
                target=source.target,
            )
        return _embedded(seen, index)

    def _person(self, source: PersonSource, model: str | None) -> tuple[str, list[_Face]]:
        """The recognition model of a person's faces, and the faces."""
        if isinstance(source.scope, DirectoryScope):
            model = model or LATEST_RECOGNITION_MODEL
            person = self._directory.get(source.person_id)
            faces = [face for page in self._directory.faces(model, [person]) for face in page]
        else:
            collection = self._collections.get(source.scope)
            if model not in (None, collection.recognition_model):
                raise incompatible_models()
            model = collection.recognition_model
            faces = self._people.faces(collection, self._people.get(collection, source.person_id))
        if not faces:
            raise PersonWithoutFaces
        return model, [_persisted(face) for face in faces]


def _embedded(seen: Sequence[SeenFace], index: int | None = None) -> list[_Face]:
    return [
        _Face(ComparedFace(index, face.detection.rectangle), face.embedding)
        for face in seen
        if face.embedding is not None
    ]


def _persisted(face: PersistedFace) -> _Face:
    return _Face(ComparedFace(persisted_face_id=face.persisted_face_id), face.embedding)


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Add the name of an input to errors about it."""
    try:
        yield
    except (InvalidInput, FaceNotFound) as error:
        error.message = f"{name}: {error.message}"
        raise
