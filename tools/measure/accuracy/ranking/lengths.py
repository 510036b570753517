"""The weight of embedding lengths, chosen on one half of the families, evaluated on the other.

Measures identification where one stranger in a hundred is named, as `one_in_hundred.py` does, in
other draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from shared.domain.models import UNCOUNTED
from tools.measure.accuracy.family_crops import families_of_images, family_faces
from tools.measure.accuracy.galleries import Faces, Gallery, draws, length_rule
from tools.measure.accuracy.identification import lfw_faces
from tools.measure.accuracy.ranking.one_in_hundred import mean_of, named_right
from tools.measure.accuracy.table import Cell, Table

_WEIGHTS = (0.005, 0.0075, 0.01, 0.0125, 0.015)
_PEOPLE, _PEOPLE_OF_HALVES = 400, 300
_TIMES = 40
_SEED, _SEED_OF_HALVES = 777, 77


def measure() -> Table:
    """Members named right without lengths, and the difference with each weight."""
    families, adults = family_faces(), lfw_faces()
    half = _half(families_of_images())
    rows: list[Sequence[Cell]] = []
    for name, known, size in (
        ("one half of the families", families.some(half), _PEOPLE_OF_HALVES),
        ("the other half", families.some(~half), _PEOPLE_OF_HALVES),
        ("families", families, _PEOPLE),
        ("LFW", adults, _PEOPLE),
    ):
        without, by_weight = _searched(known, size)
        differences = [mean_of(one - without, sign="+") for one in by_weight]
        rows.append((name, size, mean_of(without), *differences))
    return Table(
        "Members named right where 1 % of strangers are named, one image a person, without lengths,"
        f" and the difference by their weight, {_TIMES} draws, percent; intervals as if draws were"
        " independent",
        ("set", "people", "without", *(f"{weight:g}" for weight in _WEIGHTS)),
        rows,
    )


def _half(families: NDArray[np.int64]) -> NDArray[np.bool_]:
    """For each image, whether it belongs to the first half of the families."""
    known = np.random.default_rng(_SEED_OF_HALVES).permutation(np.unique(families))
    return np.isin(families, known[: len(known) // 2])


def _searched(known: Faces, size: int) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """The shares of all draws, without lengths and with each weight."""
    rules = [UNCOUNTED, *(replace(length_rule(), weight=weight) for weight in _WEIGHTS)]
    shares = np.array(
        [
            [named_right(known, draw, Gallery(known, draw, rule)) for rule in rules]
            for draw in draws(known, size, times=_TIMES, seed=_SEED)
        ]
    )
    return shares[:, 0], list(shares[:, 1:].T)
