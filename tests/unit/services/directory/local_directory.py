"""The services of the person directory over one store, with images whose bytes are embeddings."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from shared.composition.container import Container
from shared.domain.collections import DYNAMIC_PERSON_GROUP, CollectionKey
from shared.domain.directory import DirectoryScope
from shared.domain.face.geometry import Rectangle
from shared.domain.identifiers import random_id
from shared.domain.models import IdentificationFit
from shared.domain.quotas import STANDARD, Quotas
from shared.domain.values import DetectedFace, Embedding
from shared.services.galleries.directory_cohort import DirectoryCohort
from shared.services.galleries.directory_copies import COPIES_MAXIMUM_BYTES, copies_of
from shared.services.galleries.directory_gallery import FEW_PERSONS, DirectoryGallery
from shared.services.messages import PurgeMessage
from shared.services.recognition.comparison import Comparison
from shared.services.recognition.identification_scale import IdentificationScales
from shared.services.recognition.image_analysis import ImageAnalysis
from shared.settings.service import Settings
from shared.storage.documents.store import DocumentContainer, DocumentStore
from shared.storage.layout import COLLECTIONS, FACES, PEOPLE
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.detected_faces import DetectedFaces
from shared.storage.records.directory.deletions import DirectoryDeletions
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.directory.people import DirectoryPeople
from tests.doubles.analyzers import EMBEDDING_MODEL, VectorAnalyzer
from tests.doubles.blobs import FolderBlobs
from tests.doubles.clocks import ManualClock
from tests.doubles.curves import CosineCurve
from tests.doubles.gates import OpenBudget, OpenGate
from tests.doubles.queues import RecordingQueues

MODEL = "recognition_04"
DIMENSION = 8

_STORAGE = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "FACE_KEYS": "made-up"}

_BOX = Rectangle(0, 0, 100, 100)


Wrap = Callable[[DocumentContainer], DocumentContainer]


class LocalContainer(Container):
    """The real composition with test doubles for analyzer, blobs and queues.

    Args:
        wrap: wraps the people container that the services use.
        copies: maximum bytes of partition copies in memory.
        few_persons: as of ``DirectoryGallery``.
        quotas: limits on what may be stored.
        fit: what identification was fitted to; None: scores are raw.
    """

    def __init__(
        self,
        store: DocumentStore,
        clock: ManualClock,
        folder: Path,
        *,
        wrap: Wrap = lambda container: container,
        copies: int = COPIES_MAXIMUM_BYTES,
        few_persons: int = FEW_PERSONS,
        quotas: Quotas = STANDARD,
        fit: IdentificationFit | None = None,
    ) -> None:
        fits = {} if fit is None else {EMBEDDING_MODEL: fit}
        super().__init__({}, clock=clock)
        people = wrap(store.container(PEOPLE))
        self.queues = RecordingQueues()
        self.people = DirectoryPeople(people)
        self.memberships = Memberships(people)
        self.deletions = DirectoryDeletions(people)
        self.records = CollectionRecords(store.container(COLLECTIONS))
        self.detected = DetectedFaces(store.container(FACES), clock)
        gallery = DirectoryGallery(
            self.records,
            self.people,
            self.memberships,
            self.deletions,
            copies_of(people, clock, maximum_bytes=copies),
            DirectoryCohort(fits),
            few_persons=few_persons,
        )
        # Replaces cached properties before they are computed.
        settings = replace(
            Settings.from_environment(_STORAGE), data_directory=folder, quotas=quotas
        )
        vars(self.foundation).update(settings=settings)
        vars(self.vision).update(
            image_analysis=ImageAnalysis(
                VectorAnalyzer(), OpenGate(), OpenBudget(), lambda url: b""
            ),
            comparison=Comparison({EMBEDDING_MODEL: CosineCurve()}),
            identification_scales=IdentificationScales({EMBEDDING_MODEL: CosineCurve()}, fits),
        )
        vars(self.galleries).update(directory=gallery)
        vars(self.storage).update(
            store=store,
            blobs=FolderBlobs(folder, clock),
            queues=self.queues,
            directory=self.people,
            memberships=self.memberships,
            deletions=self.deletions,
            collections=self.records,
            detected_faces=self.detected,
        )


class LocalDirectory:
    """All services of the directory, with shorthands for tests; see ``LocalContainer``."""

    def __init__(
        self,
        store: DocumentStore,
        clock: ManualClock,
        folder: Path,
        **differences: Any,
    ) -> None:
        self.clock = clock
        self.container = store.container(PEOPLE)
        container = LocalContainer(store, clock, folder, **differences)
        self.queues = container.queues
        self.collections = container.records
        self.deletions = container.deletions
        self.people = container.people
        self.detected = container.detected
        self.persons = container.enrolment.person_directory
        self.groups = container.enrolment.dynamic_groups
        self.operations = container.enrolment.operations
        self.identification = container.recognition.directory_identification
        self.verification = container.recognition.verification
        self.purge = container.deletion.purge

    def enrol(self, *vectors: NDArray[np.float32], model: str = MODEL) -> str:
        """Create a person with these faces."""
        person_id = self.persons.create_person(name="person", user_data=None).new_id
        for vector in vectors:
            self.add_face(person_id, vector, model)
        return person_id

    def add_face(self, person_id: str, vector: NDArray[np.float32], model: str = MODEL) -> str:
        """Add a face to a person."""
        added = self.persons.add_face(
            person_id, model, vector.tobytes(), target=None, user_data=None
        )
        return added.new_id

    def seen(
        self, vector: NDArray[np.float32], model: str = MODEL, length: float | None = None
    ) -> str:
        """Store a detected face and return its faceId."""
        face_id = random_id()
        expires = self.clock.now() + timedelta(days=1)
        embedding = Embedding(vector, EMBEDDING_MODEL, length)
        face = DetectedFace(face_id, _BOX, embedding, model, "detection_01", expires)
        self.detected.add([face])
        return face_id

    def group(self, *person_ids: str) -> CollectionKey:
        """Create a dynamic group with these persons."""
        key = group_key(uuid.uuid4().hex)
        self.groups.create(key, name="group", user_data=None, person_ids=person_ids)
        return key

    def found(
        self,
        vector: NDArray[np.float32],
        scope: DirectoryScope,
        *,
        count: int = 100,
        threshold: float | None = 0.0,
    ) -> list[tuple[str, float]]:
        """The candidates with their confidences, by default without a threshold."""
        (face,) = self.identification.identify(
            [self.seen(vector)], scope, count=count, threshold=threshold
        )
        return [(candidate.person_id, candidate.confidence) for candidate in face.candidates]

    def members(self, key: CollectionKey) -> list[str]:
        """The persons of a group."""
        return self.groups.page_persons(key, start="", top=1_000)

    def references(self, person_id: str) -> list[str]:
        """The groups of a person."""
        return self.persons.page_references(person_id, start="", top=1_000)

    def deliver(self) -> None:
        """Deliver the purge messages that were sent without a delay, until none is left."""
        while due := [one.text for one in self.queues.sent if one.delay == 0]:
            self.queues.sent.clear()
            for text in due:
                self.purge.run(msgspec.json.decode(text, type=PurgeMessage))

    def stored(self, prefix: str = "") -> list[str]:
        """The ids of the directory's documents."""
        return [
            document.key.id
            for bucket in "0123456789abcdef"
            for document in self.container.page(f"directory:{bucket}", prefix=prefix)
        ]


def group_key(group_id: str) -> CollectionKey:
    """The key of a dynamic group."""
    return CollectionKey(DYNAMIC_PERSON_GROUP, group_id)


def unit(*numbers: float) -> NDArray[np.float32]:
    """A vector of unit length that begins with these numbers."""
    vector = np.zeros(DIMENSION, np.float32)
    vector[: len(numbers)] = numbers
    length: np.float32 = np.linalg.norm(vector)
    return vector / length
