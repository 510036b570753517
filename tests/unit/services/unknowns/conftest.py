"""Clusters of unknown faces on both stores, with a second instance over the same data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.domain.face.attributes import FaceAttributes, Level
from shared.domain.face.geometry import Point, Rectangle
from shared.domain.face.unknowns import Sighting, UploadVersion
from shared.domain.values import Candidate, Detection, Embedding, FivePoints, SeenFace
from shared.services.unknowns.clustering import Clustering, UnknownIndexes
from shared.services.unknowns.unknowns import Unknowns
from shared.services.unknowns.upkeep import UnknownUpkeep
from shared.services.unknowns.uploads import UnknownsOfUploads
from shared.storage.documents.store import DocumentStore
from shared.storage.layout import UNKNOWNS
from shared.storage.records.unknowns.clusters import UnknownClusters
from shared.storage.records.unknowns.uploads import NotedUploads
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id
from tests.doubles.stores import KINDS, empty_store

RETENTION = timedelta(days=7)
MODEL = "model"
LEAST = 0.5
DIMENSION = 8


def vector(person: int, turned: float = 0.0) -> NDArray[np.float32]:
    """A unit vector of a person; another one of the same person where ``turned`` is not 0."""
    made = np.zeros(DIMENSION, np.float32)
    made[person] = np.cos(turned)
    made[-1] = np.sin(turned)
    return made


def seen(
    person: int, *, turned: float = 0.0, quality: Level = Level.HIGH, model: str = MODEL
) -> SeenFace:
    """A face of a person on an image."""
    points = FivePoints(*[Point(1.0, 1.0)] * 5)
    detection = Detection(Rectangle(1, 2, 30, 40), points, 0.9)
    embedding = Embedding(vector(person, turned), model)
    return SeenFace(detection, embedding, None, FaceAttributes(quality=quality))


KNOWN = (Candidate("11111111-1111-4111-8111-111111111111", 0.9),)


@dataclass
class Instance:
    """One process that ingests uploads and answers requests."""

    store: DocumentStore
    clock: ManualClock
    uploads: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        container = self.store.container(UNKNOWNS)
        self.clusters = UnknownClusters(container, RETENTION, self.clock)
        self.indexes = UnknownIndexes(container, (MODEL, "other"))
        self.clustering = Clustering(self.clusters, self.indexes, lambda model: LEAST, new_id)
        self.faces = UnknownsOfUploads(
            self.clustering,
            self.clusters,
            self.indexes,
            NotedUploads(container, RETENTION),
            lambda name: name in self.uploads,
            self.clock,
        )
        self.unknowns = Unknowns(self.clusters, self.indexes, self.clock)
        self.upkeep = UnknownUpkeep(self.clusters, (MODEL, "other"), self.clock)

    def ingest(
        self, name: str, *faces: SeenFace, known: tuple[int, ...] = (), digest: str | None = None
    ) -> None:
        """Ingest an upload of this moment.

        Args:
            known: the numbers of the faces that have a candidate.
        """
        self.uploads[name] = name
        candidates = [KNOWN if number in known else () for number in range(len(faces))]
        version = UploadVersion(name, self.clock.now(), digest or name)
        self.faces.note(version, faces, candidates)

    def counts(self) -> list[int]:
        """The counts of all clusters as they are listed."""
        return [one.count for one in self.unknowns.page(start="", top=1_000).unknowns]

    def only(self) -> str:
        """The id of the only cluster."""
        (one,) = self.unknowns.page(start="", top=1_000).unknowns
        return one.unknown_id

    def sighting(self, number: int, person: int, **more: float) -> Sighting:
        """A sighting of this moment."""
        face = Embedding(vector(person, **more), MODEL)
        name = f"{number:08}-0000-4000-8000-000000000000"
        rectangle = Rectangle(1, 2, 30, 40)
        return Sighting(name, f"{number}.jpg", self.clock.now(), rectangle, Level.HIGH, face)

    def documents(self) -> int:
        """How many documents the model's partition has, beside the head."""
        container = self.store.container(UNKNOWNS)
        return container.count(f"m:{MODEL}") - container.count(f"m:{MODEL}", prefix="head")


@pytest.fixture(params=KINDS)
def store_of_unknowns(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> Iterator[DocumentStore]:
    with empty_store(request.param, tmp_path, clock) as store:
        yield store


@pytest.fixture
def instance(store_of_unknowns: DocumentStore, clock: ManualClock) -> Instance:
    return Instance(store_of_unknowns, clock)


@pytest.fixture
def second(store_of_unknowns: DocumentStore, clock: ManualClock, instance: Instance) -> Instance:
    """Another process over the same data."""
    return Instance(store_of_unknowns, clock, instance.uploads)
