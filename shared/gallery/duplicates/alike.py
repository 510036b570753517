"""The most similar pairs of different persons, exactly, in tiles of bounded size.

A tile is the product of the faces of some persons with those of others. No person is split, so all
faces of a pair of persons are in one tile, and their best pair of faces is known when that tile is
done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from shared.domain.face.duplicates import AlikePersons, FaceOf
from shared.gallery.duplicates.person_faces import PersonFaces
from shared.gallery.normalisation.crowding import FaceCrowding

MOST_PAIRS = 2_000
"""Maximum number of pairs that a search keeps, the most similar ones."""

_TALL, _WIDE = 512, 8_192
"""Faces of a tile: 16 MB of float32 if no person has more than 248 faces."""

_BELOW_ALL = np.float32(-2)


class AlikeSearch:
    """Searches for the most similar persons in steps.

    Args:
        most: maximum number of pairs that are kept.
        crowding: lowers the cosines of the faces to scores; None to rank by cosines.
        known: the pairs kept by an earlier part of the search, most similar first.
    """

    def __init__(
        self,
        faces: PersonFaces,
        *,
        most: int = MOST_PAIRS,
        crowding: FaceCrowding | None = None,
        known: Sequence[AlikePersons] = (),
    ) -> None:
        self._faces = faces
        self._crowding = crowding
        self._most = most
        self._known = known
        self._floor = np.float32(known[-1].score) if len(known) >= most else _BELOW_ALL
        self._owners = np.repeat(np.arange(faces.persons), np.diff(faces.offsets))
        self._rows = np.empty((0, 2), np.int64)
        self._scores = np.empty(0, np.float32)

    def steps(self, start: int = 0) -> Iterator[int]:
        """Compare persons with all that follow them; yields the number of persons that are done.

        ``pairs`` may be read after each step.

        Args:
            start: the persons before this one were compared in an earlier part of the search.
        """
        for first, last in self._blocks(start, _TALL):
            for begin, end in self._blocks(first, _WIDE):
                self._add(*self._tile(first, last, begin, end))
            yield last

    def pairs(self) -> list[AlikePersons]:
        """The most similar pairs so far, most similar first."""
        order = np.lexsort((self._rows[:, 1], self._rows[:, 0], -self._scores))
        vectors = self._faces.vectors
        found = [
            AlikePersons(
                (self._face(int(one)), self._face(int(other))),
                _rounded(vectors[one] @ vectors[other]),
                _rounded(score),
            )
            for (one, other), score in zip(self._rows[order], self._scores[order], strict=True)
        ]
        if not self._known:
            return found
        both = sorted([*self._known, *found], key=lambda pair: -pair.score)
        return both[: self._most]

    def _face(self, row: int) -> FaceOf:
        person = self._faces.person_id(int(self._owners[row]))
        return FaceOf(person, self._faces.face_id(row))

    def _blocks(self, person: int, rows: int) -> Iterator[tuple[int, int]]:
        """Ranges of persons with about this many faces, from a person on."""
        offsets = self._faces.offsets
        while person < self._faces.persons:
            end = int(np.searchsorted(offsets, offsets[person] + rows, side="right")) - 1
            end = min(max(end, person + 1), self._faces.persons)
            yield person, end
            person = end

    def _tile(
        self, first: int, last: int, begin: int, end: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The best pair of faces of each pair of persons that is similar enough to be kept."""
        offsets, vectors = self._faces.offsets, self._faces.vectors
        top, left = offsets[first], offsets[begin]
        tall, wide = vectors[top : offsets[last]], vectors[left : offsets[end]]
        scores = tall @ wide.T
        if self._crowding is not None:
            ours, theirs = slice(top, offsets[last]), slice(left, offsets[end])
            scores -= self._crowding.subtracted(ours, theirs)
        if begin < last:  # Otherwise every person of the columns follows every person of the rows.
            rows, columns = self._owners[top : offsets[last]], self._owners[left : offsets[end]]
            scores[columns[None, :] <= rows[:, None]] = _BELOW_ALL
        places = np.flatnonzero(scores.ravel() > self._least())
        found = scores.ravel()[places]
        pairs = np.stack([places // len(wide) + top, places % len(wide) + left], axis=1)
        persons = self._owners[pairs]
        order = np.lexsort((-found, persons[:, 1], persons[:, 0]))
        persons = persons[order]
        new = np.ones(len(order), np.bool_)
        new[1:] = (persons[1:] != persons[:-1]).any(axis=1)
        best = order[new]
        return pairs[best], found[best]

    def _least(self) -> np.float32:
        """The score above which a pair is kept."""
        if len(self._scores) < self._most:
            return self._floor
        return max(self._floor, np.float32(self._scores.min()))

    def _add(self, rows: NDArray[np.int64], scores: NDArray[np.float32]) -> None:
        self._rows = np.concatenate([self._rows, rows])
        self._scores = np.concatenate([self._scores, scores])
        if len(self._scores) > self._most:
            kept = np.argpartition(-self._scores, self._most - 1)[: self._most]
            self._rows, self._scores = self._rows[kept], self._scores[kept]


def _rounded(cosine: np.float32) -> float:
    return round(min(1.0, float(cosine)), 6)
