"""Identification of strangers whose relatives are enrolled: parents, children, siblings.

Nearly all named strangers of families are named as a relative. Their number therefore depends on
how many strangers have relatives in the gallery: in galleries of half of the families, twice as
many as in galleries of all families.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.measure.accuracy.family_crops import families_of_images, family_faces
from tools.measure.accuracy.galleries import Draw, Faces, Gallery, draws
from tools.measure.accuracy.table import Cell, Table, proportion

_SIZES = (100, 200, 400)
_TIMES = 24
_SEED = 15
_FEW = 400
_SHARE = 0.01
"""The share of strangers that are named at a threshold chosen for that share."""


@dataclass(frozen=True, slots=True, eq=False)
class _Strangers:
    """The strangers of a draw.

    Attributes:
        best: the score of the best person.
        as_relative: whether that person belongs to the stranger's family.
        with_relative: whether a person of the stranger's family is enrolled.
    """

    best: NDArray[np.float32]
    as_relative: NDArray[np.bool_]
    with_relative: NDArray[np.bool_]

    def some(self, chosen: NDArray[np.bool_]) -> _Strangers:
        """Some of them."""
        return _Strangers(self.best[chosen], self.as_relative[chosen], self.with_relative[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class _Searched:
    """A draw that was searched.

    Attributes:
        threshold: the score that has the default confidence.
        members: the score of the best person if it is the right one, otherwise below all scores.
    """

    threshold: float
    members: NDArray[np.float32]
    strangers: _Strangers


_Choice = Callable[[_Strangers], NDArray[np.bool_]]
_CHOICES: dict[str, _Choice] = {
    "all": lambda some: np.ones(len(some.best), np.bool_),
    f"{_FEW} of them": lambda some: np.arange(len(some.best)) < _FEW,
    "without a relative": lambda some: ~some.with_relative,
}
_BELOW_ALL = np.float32(-2)


def measure() -> Table:
    """Strangers named at the default threshold and members named right, by choice of strangers."""
    known, families = family_faces(), families_of_images()
    half = np.isin(families, np.unique(families)[::2])
    rows: list[Sequence[Cell]] = []
    for size in _SIZES:
        searched = list(_searched(known, families, size))
        rows += [
            (size, "all", name, *_rates(searched, choice)) for name, choice in _CHOICES.items()
        ]
        some = known.some(half)
        searched = list(_searched(some, families[half], size))
        rows.append((size, "every second", "all", *_rates(searched, _CHOICES["all"])))
    return Table(
        f"Families, {_TIMES} draws, one image a person: strangers named at the default and, of"
        " these, as a relative; members named right at the default, and where 1 % of the strangers"
        " are named; percent, intervals as if draws were independent",
        (
            "people", "families", "strangers", "named", "as a relative",
            "right", "right at 1 %",
        ),
        rows,
    )  # fmt: skip


def _searched(known: Faces, families: NDArray[np.int64], size: int) -> Iterator[_Searched]:
    for draw in draws(known, size, times=_TIMES, seed=_SEED):
        gallery = Gallery(known, draw)
        scale = gallery.scale()
        best, rows = _best(draw, gallery, draw.members)
        right = known.people[rows] == known.people[draw.members]
        of_strangers, rows = _best(draw, gallery, draw.strangers)
        family = families[draw.strangers]
        strangers = _Strangers(
            of_strangers, families[rows] == family, np.isin(family, families[draw.enrolled])
        )
        yield _Searched(
            scale.least_score(scale.default), np.where(right, best, _BELOW_ALL), strangers
        )


def _best(
    draw: Draw, gallery: Gallery, probes: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The score of the best person for each probe, and that person's enrolled image."""
    subtractions = gallery.subtractions(probes, gallery.scale().least_subtracted)
    scores = gallery.scores(probes, subtractions)
    return scores.max(axis=1), draw.enrolled[scores.argmax(axis=1)]


def _rates(searched: Sequence[_Searched], choice: _Choice) -> tuple[str, str, str, str]:
    """The last four columns of a row."""
    some = [one.strangers.some(choice(one.strangers)) for one in searched]
    named = [one.best >= draw.threshold for one, draw in zip(some, searched, strict=True)]
    relatives = [
        int((one.as_relative & these).sum()) for one, these in zip(some, named, strict=True)
    ]
    count = sum(int(these.sum()) for these in named)
    right = sum(int((draw.members >= draw.threshold).sum()) for draw in searched)
    at_share = np.array(
        [_at_share(draw.members, one.best) for one, draw in zip(some, searched, strict=True)]
    )
    reach = 1.96 * at_share.std(ddof=1) / len(at_share) ** 0.5
    return (
        proportion(count, sum(len(these) for these in named)),
        proportion(sum(relatives), count),
        proportion(right, sum(len(draw.members) for draw in searched)),
        f"{at_share.mean():.2f} ± {reach:.2f}",
    )


def _at_share(members: NDArray[np.float32], strangers: NDArray[np.float32]) -> float:
    """Percentage of members above the score that 1 % of the strangers exceed."""
    threshold = np.sort(strangers)[len(strangers) - 1 - int(_SHARE * len(strangers))]
    return 100 * float((members > threshold).mean())
