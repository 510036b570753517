"""Galleries of generated faces, the same in every run whatever their number.

A person is a random direction; a face is ``sqrt(0.6)`` of that direction plus ``sqrt(0.4)`` of
noise. The cosine is about 0.6 within a person and 0 between persons, equally in all dimensions,
which is the worst case for every method that relies on structure.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.domain.values import Embedding, PersistedFace, Person

DIMENSION = 128
_CHUNK_PERSONS = 2_000
_LIKENESS = np.float32(math.sqrt(0.6))
_NOISE = np.float32(math.sqrt(0.4))


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Some persons with one to five faces each.

    Attributes:
        centres: float32, (persons, 128).
        owners: int64, (faces,): numbers of persons, ascending.
        vectors: float32, (faces, 128).
        lengths: float64, (faces,): lengths before normalisation, distributed like SFace's.
    """

    person_ids: list[str]
    face_ids: list[str]
    centres: NDArray[np.float32]
    owners: NDArray[np.int64]
    vectors: NDArray[np.float32]
    lengths: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gallery:
    """A generated gallery of approximately this number of faces.

    Attributes:
        model: the embedding model with which the faces are stored.
    """

    faces: int
    model: str

    @property
    def persons(self) -> int:
        """The number of persons, with three faces each on average."""
        return max(1, self.faces // 3)

    def chunks(self) -> Iterator[Chunk]:
        """All persons, a few at a time, in no particular order."""
        for number, first in enumerate(range(0, self.persons, _CHUNK_PERSONS)):
            yield _chunk(number, min(_CHUNK_PERSONS, self.persons - first))

    def people(self, chunk: Chunk) -> Iterator[tuple[Person, Sequence[PersistedFace]]]:
        """A chunk in the store's form."""
        starts = np.searchsorted(chunk.owners, np.arange(len(chunk.person_ids) + 1))
        for number, person_id in enumerate(chunk.person_ids):
            faces = [
                PersistedFace(
                    chunk.face_ids[row],
                    person_id,
                    Embedding(chunk.vectors[row], self.model, float(chunk.lengths[row])),
                )
                for row in range(starts[number], starts[number + 1])
            ]
            listed = tuple(face.persisted_face_id for face in faces)
            yield Person(person_id, "person", None, listed), faces

    def probes(self, count: int) -> tuple[list[str], NDArray[np.float32]]:
        """New faces of enrolled persons: the personIds, and float32, (count, 128)."""
        generator = np.random.default_rng(99)
        person_ids: list[str] = []
        centres: list[NDArray[np.float32]] = []
        chunks = -(-self.persons // _CHUNK_PERSONS)
        while len(person_ids) < count:
            number = int(generator.integers(chunks))
            chunk = _chunk(number, min(_CHUNK_PERSONS, self.persons - number * _CHUNK_PERSONS))
            for chosen in generator.integers(0, len(chunk.person_ids), 20):
                person_ids.append(chunk.person_ids[chosen])
                centres.append(chunk.centres[chosen])
        return person_ids[:count], _faces(np.stack(centres[:count]), generator)


def _chunk(number: int, persons: int) -> Chunk:
    generator = np.random.default_rng([7, number])
    counts = generator.integers(1, 6, persons)
    owners = np.repeat(np.arange(persons), counts)
    centres = _unit(generator.standard_normal((persons, DIMENSION), dtype=np.float32))
    return Chunk(
        _ids(persons, generator),
        _ids(len(owners), generator),
        centres,
        owners,
        _faces(centres[owners], generator),
        np.random.default_rng([8, number]).normal(12.0, 2.0, len(owners)).clip(4.0),
    )


def _faces(centres: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    noise = _unit(generator.standard_normal(centres.shape, dtype=np.float32))
    return _unit(_LIKENESS * centres + _NOISE * noise)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths


def _ids(count: int, generator: np.random.Generator) -> list[str]:
    return [str(uuid.UUID(bytes=generator.bytes(16), version=4)) for _ in range(count)]
