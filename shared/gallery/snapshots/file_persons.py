"""The persons of a snapshot that is being written: their cohort, and what the codes stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from shared.gallery.normalisation.cohort import Cohort, draw_persons
from shared.gallery.normalisation.figures import Figures, figures_of, rows_to_code

_BLOCK_ROWS = 4_096

_THREADS = 2
"""That compute figures: a million faces take some seconds, during which nothing else can go on."""

ReadRows = Callable[[Sequence[tuple[int, int]]], NDArray[np.float32]]
"""Answers the vectors of ranges of rows, float32, (rows, dimension); called by several threads."""


class PersonsOfFile:
    """Reads the vectors back in blocks of whole persons, so that memory does not grow with them.

    Args:
        read: reads vectors.
        offsets: int64, (persons + 1,).
        person_ids: 16 bytes a person, ascending.
        salt: draws the cohort.
        handicaps: float32, (faces,).
    """

    def __init__(
        self,
        read: ReadRows,
        offsets: NDArray[np.int64],
        person_ids: bytes | bytearray,
        salt: bytes,
        handicaps: NDArray[np.float32],
    ) -> None:
        self._read = read
        self._offsets = offsets
        self._handicaps = handicaps
        ids = np.frombuffer(bytes(person_ids), np.uint8).reshape(-1, 16)
        members = draw_persons(ids, salt)
        self.cohort_rows = offsets[members]
        cohort = Cohort(
            self._read([(row, row + 1) for row in self.cohort_rows.tolist()]),
            [ids[person].tobytes() for person in members],
        )
        columns = np.full(len(ids), -1, np.int64)
        columns[members] = np.arange(len(members))
        self.figures = self._figures(cohort, columns)

    def rows_to_code(self, ranges: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
        """What codes stand for, of ranges of rows: float32, (rows, dimension + 4)."""
        return np.concatenate([self._coded(begin, end) for begin, end in ranges])

    def _coded(self, begin: int, end: int) -> NDArray[np.float32]:
        first = int(np.searchsorted(self._offsets, begin, side="right")) - 1
        last = int(np.searchsorted(self._offsets, end, side="left"))
        offsets = self._offsets[first : last + 1]
        vectors = self._read([(int(offsets[0]), int(offsets[-1]))])
        figures = Figures(
            self.figures.face_means[offsets[0] : offsets[-1]],
            self.figures.person_means[first:last],
            self.figures.person_lengths[first:last],
        )
        rows = rows_to_code(vectors, offsets - offsets[0], figures)
        return rows[begin - offsets[0] : end - offsets[0]]

    def _figures(self, cohort: Cohort, columns: NDArray[np.int64]) -> Figures:
        persons = len(columns)
        figures = Figures(
            np.empty(int(self._offsets[-1]), np.float32),
            np.empty(persons, np.float32),
            np.empty(persons, np.float32),
        )

        def fill(block: tuple[int, int]) -> None:
            first, last = block
            offsets = self._offsets[first : last + 1]
            vectors = self._read([(int(offsets[0]), int(offsets[-1]))])
            some = figures_of(
                vectors,
                offsets - offsets[0],
                cohort,
                columns[first:last],
                self._handicaps[offsets[0] : offsets[-1]],
            )
            figures.face_means[offsets[0] : offsets[-1]] = some.face_means
            figures.person_means[first:last] = some.person_means
            figures.person_lengths[first:last] = some.person_lengths

        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(fill, self._blocks()))
        return figures

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """Ranges of persons with about as many faces as a block has rows."""
        persons, first = len(self._offsets) - 1, 0
        while first < persons:
            end = self._offsets[first] + _BLOCK_ROWS
            last = max(first + 1, int(np.searchsorted(self._offsets, end, side="right")) - 1)
            yield first, last
            first = last
