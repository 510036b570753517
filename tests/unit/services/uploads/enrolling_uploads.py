"""Enrolment by upload beside a group, on the group's stores; images are vectors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from shared.domain.collections import CollectionKey
from shared.domain.identifiers import IdFactory
from shared.domain.quotas import STANDARD, Quotas
from shared.domain.values import Detection, Embedding, Person
from shared.services.collections.collections import Collections
from shared.services.collections.enrolment_gate import EnrolmentGate
from shared.services.collections.persons import Persons
from shared.services.collections.quota_guard import QuotaGuard
from shared.services.collections.quotas import QuotaChecks
from shared.services.deletion.outdated_uploads import OutdatedUploads
from shared.services.recognition.comparison import Comparison
from shared.services.recognition.identification import Identification
from shared.services.recognition.image_analysis import ImageAnalysis
from shared.services.uploads.enrolment.enrolment import UploadEnrolment
from shared.services.uploads.enrolment.named_persons import NamedPersons
from shared.services.uploads.enrolment.places import EnrolmentPlaces
from shared.services.uploads.enrolment.verdicts import EnrolmentVerdicts
from shared.services.uploads.growth import UploadGrowth
from shared.services.uploads.ingestion import UploadIngestion
from shared.services.uploads.results import result_name
from shared.storage.layout import COLLECTIONS, FACES, INGESTIONS, PEOPLE, RESULTS, UPLOADS
from shared.storage.records.collections.name_claims import NameClaims
from shared.storage.records.collections.person_counters import PersonCounters
from shared.storage.records.detected_faces import DetectedFaces
from shared.storage.records.directory.people import DirectoryPeople
from shared.storage.records.ingestions import IngestionRecords
from tests.doubles.analyzers import EMBEDDING_MODEL, OneFaceAnalyzer
from tests.doubles.gates import OpenBudget, OpenGate
from tests.doubles.identifiers import new_id
from tests.unit.gallery.made_up_faces import unit
from tests.unit.services.groups.findable import DIMENSION
from tests.unit.services.groups.trainable_group import TrainableGroup

SIZE = 2_000
"""Bytes of an image."""


class PaddedVectorAnalyzer(OneFaceAnalyzer):
    """Finds one face, whose embedding is the first components of the image's bytes."""

    def embed(self, image: Any, detections: Sequence[Detection]) -> tuple[Embedding, ...]:
        """See FaceAnalyzer."""
        vector = np.frombuffer(image.content, np.float32, DIMENSION)
        return tuple(Embedding(vector, EMBEDDING_MODEL) for _ in detections)


def name_of(key: CollectionKey, person: str = "Ada", file: str = "1.jpg") -> str:
    """The name of an upload that is to be enrolled."""
    return f"enroll/{key.kind.segment}/{key.collection_id}/{person}/{file}"


def image_of(number: int) -> bytes:
    """An image; each number shows another face."""
    vector = unit(np.random.default_rng(number).standard_normal(DIMENSION, dtype=np.float32))
    return vector_image(vector)


def vector_image(vector: NDArray[np.float32]) -> bytes:
    """The image whose embedding is a vector."""
    return vector.tobytes().ljust(SIZE, b"\0")


class EnrollingUploads:
    """The service of uploads, persons and collections beside a group.

    Args:
        ids: of what requests create; None: as those of tests.
        quotas: of persons and faces.
    """

    def __init__(
        self, group: TrainableGroup, *, ids: IdFactory | None = None, quotas: Quotas = STANDARD
    ) -> None:
        self.group = group
        store, clock = group.store, group.clock
        self.analyzer = PaddedVectorAnalyzer()
        analysis = ImageAnalysis(self.analyzer, OpenGate(), OpenBudget(), lambda url: b"")
        people = store.container(PEOPLE)
        checks = QuotaChecks(
            quotas,
            QuotaGuard(clock),
            group.collections,
            group.people,
            group.listed,
            PersonCounters(store.container(COLLECTIONS)),
            DirectoryPeople(people),
        )
        gate = EnrolmentGate(analysis, cast("Comparison", None))
        identification = cast("Identification", None)  # no upload here has rules
        names = NameClaims(people)
        persons = NamedPersons(group.collections, group.people, names, checks, new_id)
        places = EnrolmentPlaces(
            group.collections,
            group.people,
            group.listed,
            persons,
            group.lifecycle,
            checks,
            gate,
            identification,
            new_id,
        )
        enrolment = UploadEnrolment(places, group.moments, group.blobs)
        self.ingestion = UploadIngestion(
            analysis,
            DetectedFaces(store.container(FACES), clock),
            identification,
            group.collections,
            group.people,
            IngestionRecords(store.container(INGESTIONS)),
            group.results,
            group.blobs,
            clock,
            UploadGrowth(group.blobs, group.queues, clock),
            EnrolmentVerdicts(enrolment, group.when_quiet),
        )
        self.persons = Persons(
            group.collections,
            group.people,
            names,
            group.lifecycle,
            checks,
            gate,
            identification,
            ids or new_id,
        )
        outdated = OutdatedUploads(group.blobs, group.moments, group.clock)
        self.collections = Collections(
            group.collections, group.collection_purge, checks, outdated, new_id
        )

    def upload(self, name: str, content: bytes, **metadata: str) -> None:
        """Write a blob, without its event."""
        self.group.files.write(UPLOADS, name, content, metadata=metadata)

    def enrol(self, name: str, content: bytes, **metadata: str) -> dict[str, Any]:
        """Write a blob, deliver its event and return the result."""
        self.upload(name, content, **metadata)
        self.ingestion.ingest(name)
        return self.result(name)

    def result(self, name: str) -> dict[str, Any]:
        """The result of an upload."""
        content = self.group.files.read(RESULTS, result_name(name))
        assert content is not None
        return cast("dict[str, Any]", json.loads(content))

    def forget_result(self, name: str) -> None:
        """Delete a result, as the lifecycle rule does."""
        self.group.files.delete(RESULTS, result_name(name))

    def all_persons(self, key: CollectionKey) -> list[Person]:
        """The persons of a group, in order of id."""
        return self.group.people.page(self.group.collections.get(key), start="", top=1_000)
