"""Identification where one stranger in a hundred is named, in many draws, by several scores.

One draw of 400 persons is not enough: the threshold that 1 % of the strangers reach depends on
about ten faces. The service's score subtracts half of both cohort means and the handicaps of both
embeddings' lengths. It is compared with the raw cosine and with the previous score, which used
the cohort means alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.domain.models import UNCOUNTED
from tools.measure.accuracy.family_crops import family_faces
from tools.measure.accuracy.galleries import Draw, Faces, Gallery, draws
from tools.measure.accuracy.identification import lfw_faces
from tools.measure.accuracy.table import Cell, Table

_SIZES = (100, 400, 1_000)
"""Gallery sizes in persons, with one image each."""

_TIMES = 24
_SEED = 15
_STRANGERS = 0.01
_RAW, _COHORT_MEANS, _SERVICE = "raw", "cohort means alone", "as it is"


def measure() -> Table:
    """Members named right."""
    rows: list[Sequence[Cell]] = []
    for name, known in (("LFW", lfw_faces()), ("families", family_faces())):
        for size in _SIZES:
            found: dict[str, list[float]] = {score: [] for score in (_RAW, _COHORT_MEANS, _SERVICE)}
            for draw in draws(known, size, times=_TIMES, seed=_SEED):
                gallery, without_lengths = Gallery(known, draw), Gallery(known, draw, UNCOUNTED)
                found[_RAW].append(named_right(known, draw, gallery, raw=True))
                found[_COHORT_MEANS].append(named_right(known, draw, without_lengths))
                found[_SERVICE].append(named_right(known, draw, gallery))
            rows += _rows(name, size, {score: np.array(some) for score, some in found.items()})
    return Table(
        f"Members named right where 1 % of strangers are named, one image a person, {_TIMES} draws,"
        " percent; intervals as if draws were independent",
        ("set", "people", "score", "mean", "lowest and highest draw", "difference"),
        rows,
    )


def _rows(name: str, size: int, found: dict[str, NDArray[np.float64]]) -> list[Sequence[Cell]]:
    return [
        (
            name,
            size,
            score,
            mean_of(some),
            f"{some.min():.1f} and {some.max():.1f}",
            "-" if score == _SERVICE else mean_of(some - found[_SERVICE], sign="+"),
        )
        for score, some in found.items()
    ]


def mean_of(some: NDArray[np.float64], sign: str = "-") -> str:
    """The mean with its 95 % interval as if draws were independent."""
    reach = 1.96 * some.std(ddof=1) / len(some) ** 0.5
    return f"{some.mean():{sign}.2f} ± {reach:.2f}"


def named_right(known: Faces, draw: Draw, gallery: Gallery, *, raw: bool = False) -> float:
    """The percentage of members whose best person is right and above the threshold.

    Args:
        raw: whether persons are ranked by raw cosines.
    """
    least = None if raw else gallery.scale().least_subtracted

    def scores(probes: NDArray[np.int64]) -> NDArray[np.float32]:
        return gallery.scores(probes, gallery.subtractions(probes, least))

    of_strangers = np.sort(scores(draw.strangers).max(axis=1))
    threshold = of_strangers[len(of_strangers) - 1 - int(_STRANGERS * len(of_strangers))]
    of_members = scores(draw.members)
    best = np.unique(known.people[draw.enrolled])[of_members.argmax(axis=1)]
    named = (best == known.people[draw.members]) & (of_members.max(axis=1) > threshold)
    return 100 * float(named.mean())
