"""Identification where one stranger in a hundred is named, in many draws, by several scores.

One draw of 400 persons says little: a threshold that 1 % of the strangers reach is that of some ten
faces. Beside the service's score, which weighs the cohort means of the probe and of the enrolled
face alike, stand the raw cosine and the enrolled face's mean alone, which was the score before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from shared.gallery.search.person_rows import RAW, Subtraction, score_all
from tools.measure.accuracy.family_crops import family_faces
from tools.measure.accuracy.galleries import Draw, Faces, Gallery, draws
from tools.measure.accuracy.identification import lfw_faces
from tools.measure.accuracy.table import Cell, Table

_SIZES = (100, 400, 1_000)
"""Persons with one image each."""

_TIMES = 24
_SEED = 15
_STRANGERS = 0.01
_SERVICE = "as it is"

_Subtractions = Callable[[Gallery, NDArray[np.float32]], Sequence[Subtraction]]
"""What is subtracted from the cosines of some probes' vectors."""


def measure() -> Table:
    """Members named right."""
    scores: dict[str, _Subtractions] = {
        "raw": lambda _, probes: [RAW] * len(probes),
        "enrolled face alone": lambda gallery, probes: (
            [Subtraction(gallery.scale().least_subtracted, None)] * len(probes)
        ),
        _SERVICE: lambda gallery, probes: gallery.persons.subtraction(
            probes, gallery.scale().least_subtracted
        ),
    }
    rows: list[Sequence[Cell]] = []
    for name, known in (("LFW", lfw_faces()), ("families", family_faces())):
        for size in _SIZES:
            found: dict[str, list[float]] = {score: [] for score in scores}
            for draw in draws(known, size, times=_TIMES, seed=_SEED):
                gallery = Gallery(known, draw)
                for score, subtractions in scores.items():
                    found[score].append(_named_right(known, draw, gallery, subtractions))
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
            _mean(some),
            f"{some.min():.1f} and {some.max():.1f}",
            "-" if score == _SERVICE else _mean(some - found[_SERVICE], sign="+"),
        )
        for score, some in found.items()
    ]


def _mean(some: NDArray[np.float64], sign: str = "-") -> str:
    reach = 1.96 * some.std(ddof=1) / len(some) ** 0.5
    return f"{some.mean():{sign}.2f} ± {reach:.2f}"


def _named_right(known: Faces, draw: Draw, gallery: Gallery, subtractions: _Subtractions) -> float:
    """The share, in percent, of members with a right best person above the threshold."""

    def scores(probes: NDArray[np.int64]) -> NDArray[np.float32]:
        vectors = known.vectors[probes]
        found = score_all(gallery.rows, vectors, subtractions(gallery, vectors))
        return np.stack([one.scores for one in found])

    of_strangers = np.sort(scores(draw.strangers).max(axis=1))
    threshold = of_strangers[len(of_strangers) - 1 - int(_STRANGERS * len(of_strangers))]
    of_members = scores(draw.members)
    best = np.unique(known.people[draw.enrolled])[of_members.argmax(axis=1)]
    named = (best == known.people[draw.members]) & (of_members.max(axis=1) > threshold)
    return 100 * float(named.mean())
