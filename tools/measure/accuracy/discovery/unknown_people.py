"""Clusters of unknown faces: their purity, and the time that one face takes."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.domain.clock import SystemClock
from shared.domain.face.attributes import Level
from shared.domain.face.geometry import Rectangle
from shared.domain.face.unknowns import Sighting, new_cluster
from shared.domain.identifiers import random_id
from shared.domain.values import Embedding
from shared.services.unknowns.clustering import JOINING_CONFIDENCE, Clustering, UnknownIndexes
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import Create, DocumentContainer, Operation
from shared.storage.layout import UNKNOWNS
from shared.storage.records.unknowns.clusters import UnknownClusters
from shared.storage.records.unknowns.documents import (
    cluster_body,
    cluster_key,
    partition_of,
    sighting_body,
    sighting_id,
)
from tools.measure.accuracy.family_crops import family_faces
from tools.measure.accuracy.galleries import Faces
from tools.measure.accuracy.identification import lfw_faces
from tools.measure.accuracy.table import Table, proportion
from tools.measure.accuracy.verification import service_curve

_MODEL = "measured"
_SEED = 17
_SIZES = (10_000, 100_000)
_MEASURED = 200
_DIMENSION = 128
_BATCH = 50
_WEEK = timedelta(days=7)
_MILLISECONDS = 1_000


def purity() -> Table:
    """Clusters of the faces of two sets, added in random order."""
    least = service_curve().cosine(JOINING_CONFIDENCE)
    rows = [
        (name, *cluster_figures(known.people, _clustered(known, least)))
        for name, known in (("LFW", lfw_faces()), ("families", family_faces()))
    ]
    return Table(
        "Clusters of unknown faces: faces that belong to the person that most faces of their"
        " cluster belong to, the same in clusters of several faces, and pairs of one person's faces"
        " that are in one cluster",
        ("set", "people", "clusters", "pure", "pure, of several", "together"),
        rows,
    )


def cost() -> Table:
    """The time of one face among clusters of one face each, in SQLite."""
    rows = []
    for size in _SIZES:
        with _opened() as container:
            generator = np.random.default_rng(_SEED)
            vectors = _unit(generator.standard_normal((size, _DIMENSION), dtype=np.float32))
            _fill(container, vectors)
            clustering = _clustering(container, 0.5)
            first = _timed(clustering, _sighting(vectors[0]))
            strangers = _unit(generator.standard_normal((_MEASURED, _DIMENSION), dtype=np.float32))
            joined = _median(clustering, vectors[1 : _MEASURED + 1])
            new = _median(clustering, strangers)
        rows.append((size, *(round(one, 2) for one in first), *joined, *new))
    return Table(
        "One unknown face among clusters of one face each: the first of a process, which reads the"
        f" clusters, in seconds, and medians of {_MEASURED} that join a cluster and that found one,"
        " in milliseconds; each by the clock, and of processor time",
        ("clusters", "first", "CPU", "joins", "CPU", "founds", "CPU"),
        rows,
    )


def _clustered(known: Faces, least: float) -> list[str]:
    """The cluster of each face."""
    found = [""] * len(known.vectors)
    with _opened() as container:
        clustering = _clustering(container, least)
        for face in np.random.default_rng(_SEED).permutation(len(known.vectors)):
            cluster = clustering.add(_sighting(known.vectors[face]))
            if cluster is None:
                raise LookupError("The face was not put into a cluster.")
            found[face] = cluster
    return found


def cluster_figures(people: NDArray[np.int64], clusters: list[str]) -> tuple[str | int, ...]:
    """The numbers of people and of clusters; the share of pure faces, among all and among those in
    clusters of several faces; the share of one person's pairs of faces in one cluster.

    Args:
        people: (faces,), a number for each person.
        clusters: the cluster of each face.
    """
    members: dict[str, Counter[int]] = {}
    for cluster, person in zip(clusters, people.tolist(), strict=True):
        members.setdefault(cluster, Counter())[person] += 1
    most = {cluster: max(persons.values()) for cluster, persons in members.items()}
    several = [one for one, persons in members.items() if persons.total() > 1]
    faces_of_several = sum(members[one].total() for one in several)
    together = sum(n * (n - 1) // 2 for one in members.values() for n in one.values())
    pairs = sum(n * (n - 1) // 2 for n in Counter(people.tolist()).values())
    return (
        len(set(people.tolist())),
        len(members),
        proportion(sum(most.values()), len(people)),
        proportion(sum(most[one] for one in several), faces_of_several),
        proportion(together, pairs),
    )


@contextmanager
def _opened() -> Iterator[DocumentContainer]:
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteDocumentStore(Path(folder) / "unknowns.sqlite", clock=SystemClock())
        yield store.container(UNKNOWNS)
        store.close()


def _clustering(container: DocumentContainer, least: float) -> Clustering:
    clusters = UnknownClusters(container, _WEEK, SystemClock())
    indexes = UnknownIndexes(container, (_MODEL,))
    return Clustering(clusters, indexes, lambda model: least, random_id, most=1_000_000)


def _sighting(vector: NDArray[np.float32]) -> Sighting:
    return Sighting(
        random_id(),
        "measured.jpg",
        datetime.now(UTC),
        Rectangle(0, 0, 100, 100),
        Level.HIGH,
        Embedding(vector, _MODEL),
    )


def _fill(container: DocumentContainer, vectors: NDArray[np.float32]) -> None:
    """Store a cluster of one sighting for each vector."""
    for begin in range(0, len(vectors), _BATCH):
        operations: list[Operation] = []
        for vector in vectors[begin : begin + _BATCH]:
            sighting = _sighting(vector)
            cluster = new_cluster(str(uuid.uuid4()), sighting)
            key = cluster_key(_MODEL, cluster.unknown_id)
            place = sighting_id(cluster.unknown_id, sighting.seen, sighting.sighting_id)
            operations += [
                Create(key.id, cluster_body(cluster)),
                Create(place, sighting_body(sighting)),
            ]
        container.batch(partition_of(_MODEL), operations)


def _median(clustering: Clustering, vectors: NDArray[np.float32]) -> list[float]:
    """Median milliseconds per face, elapsed and of processor time."""
    times = [_timed(clustering, _sighting(vector)) for vector in vectors]
    return [round(_MILLISECONDS * float(one), 1) for one in np.median(times, axis=0)]


def _timed(clustering: Clustering, sighting: Sighting) -> tuple[float, float]:
    """Seconds, elapsed and of processor time."""
    begun, used = time.perf_counter(), time.process_time()
    clustering.add(sighting)
    return time.perf_counter() - begun, time.process_time() - used


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / lengths
