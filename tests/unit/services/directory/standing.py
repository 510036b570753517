"""A person directory over SQLite, with photographs that say what embedding they have."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from shared.composition.container import Root
from shared.domain.collections import DYNAMIC_PERSON_GROUP, CollectionKey
from shared.domain.directory import DirectoryScope
from shared.domain.face.geometry import Point, Rectangle
from shared.domain.identifiers import random_id
from shared.domain.quotas import STANDARD, Quotas
from shared.domain.values import DetectedFace, Detection, Embedding, FivePoints
from shared.services.galleries.directory_copies import COPIES_MAXIMUM_BYTES, copies_of
from shared.services.galleries.directory_gallery import FEW_PERSONS, DirectoryGallery
from shared.services.messages import PurgeMessage
from shared.services.recognition.comparison import Comparison
from shared.services.recognition.image_analysis import FaceAnalyzer, ImageAnalysis
from shared.settings.service import Settings
from shared.storage.documents.store import DocumentContainer, DocumentStore
from shared.storage.layout import COLLECTIONS, FACES, PEOPLE
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.detected_faces import DetectedFaces
from shared.storage.records.directory.deletions import DirectoryDeletions
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.directory.people import DirectoryPeople
from tests.unit.services.training.world import FolderBlobs, SteppedClock

MODEL = "recognition_04"
NETWORK = "made-up"
DIMENSION = 8

_STORAGE = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "FACE_KEYS": "made-up"}

_BOX = Rectangle(0, 0, 100, 100)
_POINT = Point(50, 50)
_FACE = Detection(_BOX, FivePoints(_POINT, _POINT, _POINT, _POINT, _POINT), 0.9)


class Straight:
    """Confidence is the cosine, where that is positive."""

    def confidence(self, cosine: float) -> float:
        """See ConfidenceCurve."""
        return max(0.0, cosine)

    def cosine(self, confidence: float) -> float:
        """See ConfidenceCurve."""
        return confidence


@dataclass(frozen=True)
class _Picture:
    content: bytes
    width: int = 1_000
    height: int = 1_000


class PlainAnalyzer:
    """Takes the bytes of a photograph for the embedding of its only face."""

    def decode(self, content: bytes) -> Any:
        """A picture that is nothing but those bytes."""
        return _Picture(content)

    def detect(self, image: Any) -> tuple[Detection, ...]:
        """One face."""
        return (_FACE,)

    def embed(self, image: Any, detections: Sequence[Detection]) -> tuple[Embedding, ...]:
        """What the bytes say."""
        vector = np.frombuffer(image.content, np.float32)
        return tuple(Embedding(vector, NETWORK) for _ in detections)

    def probe(self) -> None:
        """Nothing to run."""


class OpenGate:
    """Admits everybody."""

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Come in."""
        yield

    @contextmanager
    def admit_patiently(self, timeout: float) -> Iterator[None]:
        """Come in."""
        yield


@dataclass
class RememberedMessages:
    """A queue whose messages the test delivers itself."""

    sent: list[str] = field(default_factory=list)

    def send(self, queue: str, text: str, *, delay: int = 0) -> None:
        """Keep it, unless it is one for later."""
        if delay == 0:
            self.sent.append(text)

    def peek(self, queue: str, *, limit: int = 32) -> list[str]:
        """Nothing waits."""
        return []


Wrap = Callable[[DocumentContainer], DocumentContainer]


class StandingRoot(Root):
    """The real composition, but for photographs, blobs, queues and what the test puts between.

    Args:
        wrap: stands between the services and the container of people.
        copies: bytes that copies of partitions may take.
        few_persons: as of ``DirectoryGallery``.
        quotas: what may be stored.
    """

    def __init__(
        self,
        store: DocumentStore,
        clock: SteppedClock,
        folder: Path,
        *,
        wrap: Wrap = lambda container: container,
        copies: int = COPIES_MAXIMUM_BYTES,
        few_persons: int = FEW_PERSONS,
        quotas: Quotas = STANDARD,
    ) -> None:
        super().__init__({}, clock=clock)
        people = wrap(store.container(PEOPLE))
        self.messages = RememberedMessages()
        self.people = DirectoryPeople(people)
        self.memberships = Memberships(people)
        self.deletions = DirectoryDeletions(people)
        self.collections = CollectionRecords(store.container(COLLECTIONS))
        self.detected = DetectedFaces(store.container(FACES), clock)
        gallery = DirectoryGallery(
            self.collections,
            self.people,
            self.memberships,
            self.deletions,
            copies_of(people, clock, maximum_bytes=copies),
            few_persons=few_persons,
        )
        # What is here already is not built.
        vars(self).update(
            settings=replace(
                Settings.from_environment(_STORAGE), data_directory=folder, quotas=quotas
            ),
            image_analysis=ImageAnalysis(
                cast(FaceAnalyzer, PlainAnalyzer()), OpenGate(), lambda url: b""
            ),
            _store=store,
            _blobs=FolderBlobs(folder, clock),
            _queues=self.messages,
            _directory=self.people,
            _memberships=self.memberships,
            _deletions=self.deletions,
            _collections=self.collections,
            _detected_faces=self.detected,
            _comparison=Comparison({NETWORK: Straight()}),
            _directory_gallery=gallery,
        )


class StandingDirectory:
    """All services of the directory, and what tests do with them; see ``StandingRoot``."""

    def __init__(
        self,
        store: DocumentStore,
        clock: SteppedClock,
        folder: Path,
        **differences: Any,
    ) -> None:
        self.clock = clock
        self.container = store.container(PEOPLE)
        root = StandingRoot(store, clock, folder, **differences)
        self.messages = root.messages
        self.collections = root.collections
        self.deletions = root.deletions
        self.people = root.people
        self.detected = root.detected
        self.persons = root.person_directory
        self.groups = root.dynamic_groups
        self.operations = root.operations
        self.identification = root.directory_identification
        self.verification = root.verification
        self.retention = root.retention

    def enrol(self, *vectors: NDArray[np.float32], model: str = MODEL) -> str:
        """A new person with these faces."""
        person_id = self.persons.create_person(name="somebody", user_data=None).new_id
        for vector in vectors:
            self.add_face(person_id, vector, model)
        return person_id

    def add_face(self, person_id: str, vector: NDArray[np.float32], model: str = MODEL) -> str:
        """One more face of a person."""
        added = self.persons.add_face(
            person_id, model, vector.tobytes(), target=None, user_data=None
        )
        return added.new_id

    def seen(self, vector: NDArray[np.float32], model: str = MODEL) -> str:
        """The faceId of a detected face."""
        face_id = random_id()
        expires = self.clock.now() + timedelta(days=1)
        embedding = Embedding(vector, NETWORK)
        face = DetectedFace(face_id, _BOX, embedding, model, "detection_01", expires)
        self.detected.add([face])
        return face_id

    def group(self, *person_ids: str) -> CollectionKey:
        """A new dynamic group with these persons."""
        key = group_key(uuid.uuid4().hex)
        self.groups.create(key, name="group", user_data=None, person_ids=person_ids)
        return key

    def found(
        self, vector: NDArray[np.float32], scope: DirectoryScope, *, count: int = 100
    ) -> list[tuple[str, float]]:
        """Who is identified, however unlike, with the confidences."""
        (face,) = self.identification.identify(
            [self.seen(vector)], scope, count=count, threshold=0.0
        )
        return [(candidate.person_id, candidate.confidence) for candidate in face.candidates]

    def members(self, key: CollectionKey) -> list[str]:
        """All persons of a group."""
        return self.groups.page_persons(key, start="", top=1_000)

    def references(self, person_id: str) -> list[str]:
        """All groups of a person."""
        return self.persons.page_references(person_id, start="", top=1_000)

    def deliver(self) -> None:
        """Purge what is to be purged."""
        while self.messages.sent:
            text = self.messages.sent.pop(0)
            self.retention.purge(msgspec.json.decode(text, type=PurgeMessage))

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
