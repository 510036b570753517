"""Exact search of faces that no training has put in order: blocks of rows, as they come."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.domain.values import PersistedFace


@dataclass(frozen=True, slots=True, eq=False)
class FaceBlock:
    """Faces of one recognition model, those of a person side by side.

    Attributes:
        models: the embedding models that made the rows; more than one cannot be searched.
        vectors: float32, (faces, dimension), rows of unit length.
        person_ids: ascending.
        offsets: int64, (persons,): the first row of each person.
    """

    models: frozenset[str]
    vectors: NDArray[np.float32]
    person_ids: tuple[str, ...]
    offsets: NDArray[np.int64]


def face_block(faces: Sequence[PersistedFace]) -> FaceBlock | None:
    """The faces as a block; None where there are none."""
    if not faces:
        return None
    ordered = sorted(faces, key=lambda face: face.person_id)
    person_ids: list[str] = []
    offsets: list[int] = []
    for row, face in enumerate(ordered):
        if not person_ids or person_ids[-1] != face.person_id:
            person_ids.append(face.person_id)
            offsets.append(row)
    models = frozenset(face.embedding.model for face in ordered)
    if len(models) > 1:
        # Their vectors may differ in length; whoever searches refuses the block by its models.
        return FaceBlock(models, np.empty((0, 0), np.float32), (), np.empty(0, np.int64))
    vectors = np.stack([face.embedding.vector for face in ordered]).astype(np.float32)
    return FaceBlock(models, vectors, tuple(person_ids), np.array(offsets, np.int64))


class Ranking:
    """The best persons of any number of blocks, for one probe.

    Args:
        count: how many persons are wanted.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._best: dict[str, float] = {}

    def take(
        self, block: FaceBlock, probe: NDArray[np.float32], among: Collection[str] | None
    ) -> None:
        """Score a block; a person that several blocks hold is scored by its best face.

        Args:
            probe: float32, (dimension,), unit length.
            among: the persons that count; None: all.
        """
        best = np.maximum.reduceat(block.vectors @ probe, block.offsets)
        numbers = np.arange(len(best))
        if among is not None:
            numbers = numbers[[person_id in among for person_id in block.person_ids]]
        order = np.argsort(-best[numbers], kind="stable")[: self._count]
        for number in numbers[order]:
            person_id, score = block.person_ids[number], float(best[number])
            self._best[person_id] = max(score, self._best.get(person_id, score))
        if len(self._best) > 10 * self._count:
            self._best = dict(self.matches())

    def matches(self) -> list[tuple[str, float]]:
        """PersonId and cosine of the best persons, best first; equal ones in order of id."""
        ranked = sorted(self._best.items(), key=lambda item: (-item[1], item[0]))
        return ranked[: self._count]
