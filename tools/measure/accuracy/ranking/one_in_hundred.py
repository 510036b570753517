"""Identification where one stranger in a hundred is named, in many draws, by several scores.

One draw of 400 persons says little: a threshold that 1 % of the strangers reach is that of some ten
faces. Beside the service's score, which subtracts half of both cohort means and what the lengths of
both embeddings count, stand the raw cosine and the cohort means alone, which was the score before.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.domain.models import UNCOUNTED
from shared.gallery.search.person_rows import RAW
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
_SCORES = ("raw", "cohort means alone", _SERVICE)


def measure() -> Table:
    """Members named right."""
    rows: list[Sequence[Cell]] = []
    for name, known in (("LFW", lfw_faces()), ("families", family_faces())):
        for size in _SIZES:
            found: dict[str, list[float]] = {score: [] for score in _SCORES}
            for draw in draws(known, size, times=_TIMES, seed=_SEED):
                galleries = Gallery(known, draw), Gallery(known, draw, UNCOUNTED)
                shares = _named_right(known, draw, *galleries)
                for score, share in zip(_SCORES, shares, strict=True):
                    found[score].append(share)
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


def _named_right(
    known: Faces, draw: Draw, gallery: Gallery, without_lengths: Gallery
) -> tuple[float, float, float]:
    """By each score the share of members, in percent, whose best person is right and scores more
    than the threshold.
    """

    def share(some: Gallery | None) -> float:
        """By the scores of a gallery; None: by cosines."""
        of_members, of_strangers = (
            gallery.scores(probes, [RAW] * len(probes))
            if some is None
            else some.scores(probes, some.subtractions(probes, some.scale().least_subtracted))
            for probes in (draw.members, draw.strangers)
        )
        best = np.sort(of_strangers.max(axis=1))
        threshold = best[len(best) - 1 - int(_STRANGERS * len(best))]
        persons = np.unique(known.people[draw.enrolled])[of_members.argmax(axis=1)]
        right = persons == known.people[draw.members]
        return 100 * float((right & (of_members.max(axis=1) > threshold)).mean())

    return share(None), share(without_lengths), share(gallery)
