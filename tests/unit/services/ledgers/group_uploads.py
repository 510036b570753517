"""Uploads that are identified in a group."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from shared.domain.errors import InvalidImage
from shared.domain.values import Detection, Embedding, PersistedFace
from shared.services.recognition.candidate_rule import CandidateRule
from shared.services.recognition.comparison import Comparison
from shared.services.recognition.directory_identification import DirectoryIdentification
from shared.services.recognition.identification import Identification
from shared.services.recognition.identification_scale import IdentificationScales
from shared.services.recognition.image_analysis import ImageAnalysis
from shared.services.uploads.enrolment.verdicts import EnrolmentVerdicts
from shared.services.uploads.growth import UploadGrowth
from shared.services.uploads.ingestion import UploadIngestion
from shared.services.uploads.results import result_name
from shared.storage.layout import FACES, INGESTIONS, RESULTS, UPLOADS
from shared.storage.records.detected_faces import DetectedFaces
from shared.storage.records.ingestions import IngestionRecords
from tests.doubles.analyzers import EMBEDDING_MODEL, OneFaceAnalyzer
from tests.doubles.curves import CosineCurve
from tests.doubles.gates import OpenBudget, OpenGate
from tests.unit.gallery.made_up_faces import unit
from tests.unit.services.groups.trainable_group import TrainableGroup

_IMAGE_BYTES = 2_000


class PersonsAnalyzer(OneFaceAnalyzer):
    """Finds on an image the face that was drawn on it, a little changed."""

    def __init__(self) -> None:
        super().__init__()
        self.vectors: dict[bytes, NDArray[np.float32]] = {}

    def draw(self, face: PersistedFace) -> bytes:
        """An image of a person, which holds no bytes of the enrolled embedding."""
        image = f"image {len(self.vectors)}".encode().ljust(_IMAGE_BYTES)
        turned = face.embedding.vector + np.float32(0.01)
        self.vectors[image] = unit(turned)
        return image

    def embed(self, image: Any, detections: Sequence[Detection]) -> tuple[Embedding, ...]:
        """See FaceAnalyzer."""
        if image.content not in self.vectors:
            raise InvalidImage
        vector = self.vectors[image.content]
        return tuple(Embedding(vector, EMBEDDING_MODEL) for _ in detections)


class GroupUploads:
    """Uploads that ask for the candidates of one group."""

    def __init__(self, group: TrainableGroup) -> None:
        self._group = group
        self.analyzer = PersonsAnalyzer()
        self.names: list[str] = []

    def upload(self, face: PersistedFace) -> str:
        """Store an image of a person, as a client does; returns its name."""
        name = f"{len(self.names)}.jpg"
        metadata = {"largepersongroupid": self._group.key.collection_id}
        self._group.files.write(UPLOADS, name, self.analyzer.draw(face), metadata=metadata)
        self.names.append(name)
        return name

    def ingest(self, name: str) -> None:
        """Deliver the event about an upload."""
        group = self._group
        curves = {EMBEDDING_MODEL: CosineCurve()}
        identification = Identification(
            group.galleries,
            self._faces,
            Comparison(curves),
            IdentificationScales(curves, {}),
            CandidateRule(),
            cast(DirectoryIdentification, None),  # No upload names the directory.
        )
        UploadIngestion(
            ImageAnalysis(self.analyzer, OpenGate(), OpenBudget(), lambda url: b""),
            self._faces,
            identification,
            group.collections,
            group.people,
            IngestionRecords(group.store.container(INGESTIONS)),
            group.results,
            group.blobs,
            group.clock,
            UploadGrowth(group.blobs, group.queues, group.clock),
            cast(EnrolmentVerdicts, None),  # No upload is to be enrolled.
        ).ingest(name)

    def candidates(self, name: str) -> set[str]:
        """The personIds that the result of an upload proposes; none where there is no result."""
        content = self._group.files.read(RESULTS, result_name(name))
        faces = [] if content is None else json.loads(content)["faces"]
        return {one["personId"] for face in faces for one in face.get("candidates", [])}

    @property
    def _faces(self) -> DetectedFaces:
        return DetectedFaces(self._group.store.container(FACES), self._group.clock)
