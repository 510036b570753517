"""Open-set identification: how often strangers get a candidate, and members the right one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.measure.accuracy.embeddings import FOLDS, FaceSet, faces
from tools.measure.accuracy.rates import cosine_of_rate
from tools.measure.accuracy.table import Table
from tools.measure.accuracy.verification import service_curve

GALLERY_SIZES = (100, 500, 2_000)
"""People with one image each."""

FALSE_POSITIVE_RATES = (0.01, 0.05)
"""Shares of strangers with a candidate, for which a threshold is given."""

_DRAWS = 20
_SEED = 4
_FEWEST_STRANGERS = 80
_MARGINS = (0.0, 0.05, 0.1, 0.15)


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """The two best persons of a gallery for each probe.

    Attributes:
        best: cosine of the best person.
        second: cosine of the second-best person.
        right: whether the best person is the probe's; False for a stranger.
    """

    best: NDArray[np.float32]
    second: NDArray[np.float32]
    right: NDArray[np.bool_]


def thresholds() -> Table:
    """Rates at confidence 0.5, and the lowest confidence that keeps strangers out.

    The threshold of a rate is set on one half of the draws; the rates are those of the other half,
    whose galleries and strangers are drawn independently.
    """
    known, curve = faces(), service_curve()
    rows: list[tuple[str | int | float, ...]] = []
    for size in GALLERY_SIZES:
        draws = list(_draws(known, size))
        fit, check = draws[: _DRAWS // 2], draws[_DRAWS // 2 :]
        strangers = np.sort(np.concatenate([stranger.best for _, stranger in fit]))
        rows.append((size, "as it is", *_rates(check, curve.cosine(0.5), 0.5)))
        for rate in FALSE_POSITIVE_RATES:
            cosine = cosine_of_rate(strangers, rate)
            confidence = float(np.ceil(curve.confidence(cosine) * 100) / 100)
            rows.append(
                (size, f"FPIR {rate:.0%}", *_rates(check, curve.cosine(confidence), confidence))
            )
    return Table(
        f"Open-set identification, {_DRAWS // 2} random galleries of folds 1 to 5, one image a"
        " person: FPIR is the share of strangers named, TPIR of members found and named right",
        ("people", "threshold for", "confidence", "cosine", "FPIR %", "TPIR %"),
        rows,
    )


def margins() -> Table:
    """The effect of FACE_IDENTIFY_MARGIN on strangers and members of galleries of 500 at 0.5."""
    known, curve = faces(), service_curve()
    draws = list(_draws(known, 500))
    rows = []
    for margin in _MARGINS:
        rates = []
        for which in (1, 0):
            searches = [draw[which] for draw in draws]
            named = sum(int(_named(one, curve.cosine(0.5), margin).sum()) for one in searches)
            right = sum(
                int((_named(one, curve.cosine(0.5), margin) & one.right).sum()) for one in searches
            )
            rates += [100 * named / sum(len(one.best) for one in searches)]
            rates += [100 * right / sum(len(one.best) for one in searches)]
        rows.append((margin, rates[0], rates[2], rates[3]))
    return Table(
        "Identification margin, galleries of 500 people at confidence 0.5",
        ("margin", "strangers named %", "members named %", "members named right %"),
        rows,
    )


def _rates(
    draws: list[tuple[Search, Search]], cosine: float, confidence: float
) -> tuple[float, str, str, str]:
    strangers = np.concatenate([stranger.best for _, stranger in draws])
    members = np.concatenate([member.best for member, _ in draws])
    right = np.concatenate([member.right for member, _ in draws])
    return (
        confidence,
        f"{cosine:.3f}",
        f"{100 * float((strangers >= cosine).mean()):.2f}",
        f"{100 * float(((members >= cosine) & right).mean()):.2f}",
    )


def _named(search: Search, cosine: float, margin: float) -> NDArray[np.bool_]:
    curve = service_curve()
    gap = curve.confidences(search.best) - curve.confidences(search.second)
    named: NDArray[np.bool_] = (search.best >= cosine) & (gap >= margin)
    return named


def _draws(known: FaceSet, size: int) -> Iterator[tuple[Search, Search]]:
    """Galleries of that many people, searched for their other images and for strangers."""
    generator = np.random.default_rng(_SEED)
    rows = known.of(*FOLDS)
    people = np.unique(known.people[rows])
    for _ in range(_DRAWS):
        chosen = generator.permutation(people)[: min(size, len(people) - _FEWEST_STRANGERS)]
        enrolled = _one_each(known, rows, chosen, generator)
        others = np.setdiff1d(rows, enrolled)
        member = np.isin(known.people[others], chosen)
        yield (
            _search(known, enrolled, others[member]),
            _search(known, enrolled, others[~member]),
        )


def _one_each(
    known: FaceSet,
    rows: NDArray[np.intp],
    chosen: NDArray[np.int64],
    generator: np.random.Generator,
) -> NDArray[np.intp]:
    """An image of each chosen person, drawn at random."""
    mixed = generator.permutation(rows)
    _, first = np.unique(known.people[mixed], return_index=True)
    one_each = mixed[first]
    return one_each[np.isin(known.people[one_each], chosen)]


def _search(known: FaceSet, enrolled: NDArray[np.intp], probes: NDArray[np.intp]) -> Search:
    cosines = known.vectors[probes] @ known.vectors[enrolled].T
    order = np.argpartition(-cosines, 1, axis=1)[:, :2]
    two = np.take_along_axis(cosines, order, axis=1)
    winner = np.take_along_axis(order, np.argmax(two, axis=1)[:, None], axis=1)[:, 0]
    return Search(
        two.max(axis=1),
        two.min(axis=1),
        known.people[enrolled[winner]] == known.people[probes],
    )
