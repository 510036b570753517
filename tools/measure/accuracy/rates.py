"""Error rates of a recognition model over sets of faces."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tools.measure.accuracy.embeddings import FaceSet

Cosines = NDArray[np.float32]

_BLOCK = 512
"""Images compared with all others at a time, to limit memory."""


def all_pairs(faces: FaceSet, rows: NDArray[np.intp]) -> tuple[Cosines, Cosines]:
    """The cosines of all pairs of images of one person, and of two persons; each sorted, rising."""
    same, other = [], []
    for cosines, alike in _blocks(faces, rows):
        same.append(cosines[alike])
        other.append(cosines[~alike])
    return np.sort(np.concatenate(same)), np.sort(np.concatenate(other))


def _blocks(faces: FaceSet, rows: NDArray[np.intp]) -> Iterator[tuple[Cosines, NDArray[np.bool_]]]:
    """Each pair once: its cosine, and whether it shows one person."""
    vectors, people = faces.vectors[rows], faces.people[rows]
    places = np.arange(len(rows))
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        later = places[block, None] < places[None]
        cosines = vectors[block] @ vectors.T
        yield cosines[later], (people[block, None] == people[None])[later]


def count_at_least(ordered: Cosines, threshold: float) -> int:
    """The number of rising cosines that reach a threshold."""
    return len(ordered) - int(np.searchsorted(ordered, np.float32(threshold), side="left"))


def cosine_of_rate(ordered: Cosines, rate: float) -> float:
    """The lowest cosine that at most ``rate`` of the rising cosines reach."""
    allowed = int(rate * len(ordered))
    return float(np.nextafter(ordered[len(ordered) - allowed - 1], np.float32(2)))


def best_threshold(same: Cosines, other: Cosines) -> float:
    """The cosine that classifies most pairs correctly; the middle one if there are several."""
    candidates = np.unique(np.concatenate([same, other]))
    middles = (candidates[:-1] + candidates[1:]) / 2
    right = len(same) - np.searchsorted(np.sort(same), middles)
    right += np.searchsorted(np.sort(other), middles)
    best = np.flatnonzero(right == right.max())
    return float(middles[best[len(best) // 2]])
