"""The exact scan: every row is scored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEVER = np.float32(-2.0)
"""Below every cosine: the score of a row that must not be found."""

_BLOCK_ROWS = 8_192
"""4 MB of 128 components: small enough for the cache, large enough to amortise Python."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoredRows:
    """Rows and their cosines. If they are best first, equal ones are in ascending order of row."""

    rows: NDArray[np.int64]
    cosines: NDArray[np.float32]


def scan(
    vectors: NDArray[np.float32],
    probes: NDArray[np.float32],
    *,
    count: int,
    excluded: NDArray[np.int64],
) -> list[ScoredRows]:
    """The rows nearest to each probe. All probes share one pass over the vectors.

    Args:
        vectors: float32, (rows, dimension).
        probes: float32, (probes, dimension).
        count: number of rows; rows that equal the last one are added.
        excluded: rows that must not be found, ascending.
    """
    best = [_Best(count) for _ in probes]
    for begin in range(0, len(vectors), _BLOCK_ROWS):
        block = vectors[begin : begin + _BLOCK_ROWS]
        # For one probe, numpy's matrix-vector product is faster.
        scores = (block @ probes[0])[None] if len(probes) == 1 else probes @ block.T
        first, end = np.searchsorted(excluded, (begin, begin + len(block)))
        if first < end:
            scores[:, excluded[first:end] - begin] = NEVER
        for one, row in zip(best, scores, strict=True):
            one.offer(row, begin)
    return [one.result() for one in best]


def best_of(rows: NDArray[np.int64], cosines: NDArray[np.float32], count: int) -> ScoredRows:
    """The ``count`` best of some rows and all that equal the last of them, best first."""
    if len(rows) > count:
        chosen = cosines >= np.partition(cosines, len(cosines) - count)[len(cosines) - count]
        rows, cosines = rows[chosen], cosines[chosen]
    order = np.lexsort((rows, -cosines))
    return ScoredRows(rows[order], cosines[order])


class _Best:
    """Keeps the best rows of a stream of blocks."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._floor = np.nextafter(NEVER, np.float32(0))
        self._rows: list[NDArray[np.int64]] = []
        self._cosines: list[NDArray[np.float32]] = []
        self._held = 0

    def offer(self, cosines: NDArray[np.float32], first_row: int) -> None:
        """Add the rows of a block that score high enough."""
        chosen = np.flatnonzero(cosines >= self._floor)
        if len(chosen) == 0:
            return
        self._rows.append(chosen + first_row)
        self._cosines.append(cosines[chosen])
        self._held += len(chosen)
        if self._held > 2 * self._count + 1_000:
            kept = self.result()
            self._rows, self._cosines, self._held = [kept.rows], [kept.cosines], len(kept.rows)
            if self._held >= self._count:
                self._floor = kept.cosines[-1]

    def result(self) -> ScoredRows:
        """The best rows so far."""
        if not self._rows:
            return ScoredRows(np.empty(0, np.int64), np.empty(0, np.float32))
        return best_of(np.concatenate(self._rows), np.concatenate(self._cosines), self._count)
