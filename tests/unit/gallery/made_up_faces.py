"""Faces made up for tests: persons as clusters of unit vectors, and snapshots of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.gallery.snapshots.format import SnapshotIndex
from shared.gallery.snapshots.mapped import Snapshot
from shared.gallery.snapshots.writer import DeltaFields, SnapshotWriter

CREATED = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class MadeUpFaces:
    """Faces in order of person.

    Attributes:
        person_ids: 16 bytes a face.
        face_ids: 16 bytes a face.
        vectors: float32, (faces, dimension), unit rows.
        handicaps: one a face; empty: there are none.
    """

    person_ids: list[bytes]
    face_ids: list[bytes]
    vectors: NDArray[np.float32]
    handicaps: Sequence[float] = ()

    def probe(self, row: int, generator: np.random.Generator) -> NDArray[np.float32]:
        """Another embedding of a face's person: a unit vector close to the face's."""
        noise = generator.standard_normal(self.vectors.shape[1], dtype=np.float32)
        return unit(self.vectors[row] + 0.05 * noise)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors scaled to length one."""
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / lengths


def random_uuids(count: int, generator: np.random.Generator) -> list[bytes]:
    """Random ids."""
    return [uuid.UUID(bytes=generator.bytes(16), version=4).bytes for _ in range(count)]


def make_up(
    generator: np.random.Generator, *, persons: int, most_faces: int = 5, dimension: int = 32
) -> MadeUpFaces:
    """Persons with one to ``most_faces`` faces each: cosine about 0.6 within, 0 between them."""
    counts = generator.integers(1, most_faces + 1, persons)
    owners = np.repeat(np.arange(persons), counts)
    centres = unit(generator.standard_normal((persons, dimension), dtype=np.float32))
    noise = unit(generator.standard_normal((len(owners), dimension), dtype=np.float32))
    vectors = unit(np.float32(0.6**0.5) * centres[owners] + np.float32(0.4**0.5) * noise)
    person_ids = sorted(random_uuids(persons, generator))
    return MadeUpFaces(
        [person_ids[owner] for owner in owners], random_uuids(len(owners), generator), vectors
    )


def write_snapshot(
    path: Path,
    faces: MadeUpFaces,
    *,
    coded_from: int = 10**9,
    delta: DeltaFields | None = None,
    salt: bytes | None = None,
) -> SnapshotIndex:
    """Write faces as a snapshot file."""
    with SnapshotWriter(
        path,
        model="made-up",
        dimension=faces.vectors.shape[1],
        created=CREATED,
        coded_from=coded_from,
        salt=salt,
    ) as writer:
        handicaps = faces.handicaps or [0.0] * len(faces.face_ids)
        for face in zip(faces.person_ids, faces.face_ids, faces.vectors, handicaps, strict=True):
            writer.add(*face)
        return writer.finish(delta)


def snapshot_of(path: Path, faces: MadeUpFaces, *, coded_from: int = 10**9) -> Snapshot:
    """Faces as an open snapshot."""
    write_snapshot(path, faces, coded_from=coded_from)
    return Snapshot.open(path, verify=True)


def no_faces(dimension: int = 32) -> MadeUpFaces:
    """A gallery without faces."""
    return MadeUpFaces([], [], np.empty((0, dimension), np.float32))
