"""Open-set identification: how often strangers get a candidate, and members the right one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.measure.accuracy.embeddings import FOLDS, faces
from tools.measure.accuracy.family_crops import family_faces
from tools.measure.accuracy.galleries import Faces, Found, Gallery, draws
from tools.measure.accuracy.reference import lfw_genders
from tools.measure.accuracy.table import Table, proportion

SIZES = (1, 10, 20, 50, 100, 200, 400, 1_000, 1_500, 2_000)
"""Gallery sizes in persons, with one image each."""

SIZES_OF_THRESHOLDS = (10, 100, 400, 1_000)
"""Gallery sizes in persons, for explicit thresholds."""

_CONFIDENCES = (0.5, 0.6, 0.7)
_MARGINS = (0.0, 0.05, 0.1, 0.15)
_TIMES = 10
_TIMES_OF_SMALL = 60
_SMALL = 50
CROWDED = 0.4

_Pairs = Sequence[tuple[Found, Found]]


@dataclass(frozen=True, slots=True, eq=False)
class _Searched:
    """The results for members and strangers of several galleries, before and now."""

    before: _Pairs
    now: _Pairs


def lfw_faces() -> Faces:
    """Folds 1 to 5 of Labeled Faces in the Wild."""
    known = faces()
    rows = known.of(*FOLDS)
    return Faces(known.vectors[rows], known.people[rows], known.lengths[rows])


def by_size() -> Table:
    """Rates of the default threshold by size of the gallery."""
    rows = []
    for name, known in (("LFW", lfw_faces()), ("families", family_faces())):
        for size in SIZES:
            if size < len(np.unique(known.people)):
                searched = _search(known, size)
                rows.append((name, size, *_rates(searched.before, 0.5), *_rates(searched.now, 0.5)))
    return Table(
        "Identification at the default threshold, one image a person: strangers named, members"
        " named right and members named as another person, by raw cosines as before and"
        " by normalised scores, percent, 95 % intervals as if draws were independent",
        (
            "set", "people",
            "strangers, raw", "right, raw", "wrong, raw",
            "strangers", "right", "wrong",
        ),
        rows,
    )  # fmt: skip


def by_confidence() -> Table:
    """Rates at an explicit confidenceThreshold, before and now."""
    rows = []
    for name, known in (("LFW", lfw_faces()), ("families", family_faces())):
        for size in SIZES_OF_THRESHOLDS:
            searched = _search(known, size)
            for confidence in _CONFIDENCES:
                before = _rates(searched.before, confidence)
                now = _rates(searched.now, confidence)
                rows.append((name, size, confidence, *before[:2], *now[:2]))
    return Table(
        "Identification at explicit thresholds, before and now, percent",
        ("set", "people", "threshold", "strangers, raw", "right, raw", "strangers", "right"),
        rows,
    )


def several_faces() -> Table:
    """Persons with several images: by the best face alone, and with their mean as well."""
    rows = []
    for name, known in (("LFW", lfw_faces()), ("families", family_faces())):
        for images in (1, 2, 3, 5):
            searched = _search(known, 200, images=images)
            rows.append((name, images, *_rates(searched.before, 0.5), *_rates(searched.now, 0.5)))
    return Table(
        "Identification of up to 200 persons with several images each, default threshold, percent",
        (
            "set", "images",
            "strangers, raw", "right, raw", "wrong, raw",
            "strangers", "right", "wrong",
        ),
        rows,
    )  # fmt: skip


def by_group() -> Table:
    """Rates of groups of probes among 400 persons."""
    known = faces()
    rows_of = known.of(*FOLDS)
    names = {row: name for name, row in known.rows.items()}
    genders = lfw_genders()
    gender = np.array([genders.get(names[int(row)], "") for row in rows_of])
    lfw, families = lfw_faces(), family_faces()
    crowded = crowdedness(families) >= CROWDED
    groups: list[tuple[str, Faces, NDArray[np.bool_]]] = [
        ("LFW, women", lfw, gender == "female"),
        ("LFW, men", lfw, gender == "male"),
        ("families, crowded faces", families, crowded),
        ("families, other faces", families, ~crowded),
    ]
    rows = []
    for name, known_faces, among in groups:
        searched = _search(known_faces, 400, among=among)
        rows.append((name, *_rates(searched.before, 0.5), *_rates(searched.now, 0.5)))
    return Table(
        "Identification among 400 persons of the whole set, by group of the probe, default"
        f" threshold, percent; crowded: a mean cosine of {CROWDED} or more with the nearest ten of"
        " other persons, as small children have (the set has no labels of age)",
        (
            "probes",
            "strangers, raw", "right, raw", "wrong, raw",
            "strangers", "right", "wrong",
        ),
        rows,
    )  # fmt: skip


def margins() -> Table:
    """The effect of FACE_IDENTIFY_MARGIN in galleries of 400 persons."""
    rows = []
    for name, known in (("LFW", lfw_faces()), ("families", family_faces())):
        searched = _search(known, 400)
        rows += [(name, margin, *_rates(searched.now, 0.5, margin)) for margin in _MARGINS]
    return Table(
        "Identification margin, galleries of 400 persons, default threshold, percent",
        ("set", "margin", "strangers", "right", "wrong"),
        rows,
    )


def _search(
    known: Faces, size: int, *, images: int = 1, among: NDArray[np.bool_] | None = None
) -> _Searched:
    """Search galleries for their members and for strangers.

    Args:
        among: for each image, whether it is a probe; None: all are.
    """
    before, now = [], []
    for draw in draws(
        known, size, times=_TIMES if size > _SMALL else _TIMES_OF_SMALL, images=images
    ):
        gallery = Gallery(known, draw)
        members, strangers = (_some(one, among) for one in (draw.members, draw.strangers))
        before.append((gallery.search_raw(members), gallery.search_raw(strangers)))
        now.append((gallery.search(members), gallery.search(strangers)))
    return _Searched(before, now)


def _some(probes: NDArray[np.int64], among: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    return probes if among is None else probes[among[probes]]


def _rates(searched: _Pairs, confidence: float, margin: float = 0.0) -> tuple[str, str, str]:
    """Strangers named, members named right, members named wrong."""

    def counted(found: Iterable[Found], right: Callable[[Found], NDArray[np.bool_]]) -> str:
        named = [(one.best >= confidence) & (one.lead >= margin) & right(one) for one in found]
        return proportion(sum(int(one.sum()) for one in named), sum(len(one) for one in named))

    members, strangers = [one for one, _ in searched], [one for _, one in searched]
    return (
        counted(strangers, lambda one: np.ones(len(one.best), np.bool_)),
        counted(members, lambda one: one.right),
        counted(members, lambda one: ~one.right),
    )


def crowdedness(known: Faces) -> NDArray[np.float32]:
    """The mean cosine of each image with the nearest images of a gallery of 400 other persons."""
    (draw,) = draws(known, 400, times=1)
    cosines = known.vectors @ known.vectors[draw.enrolled].T
    cosines[known.people[:, None] == known.people[draw.enrolled][None]] = -1
    nearest: NDArray[np.float32] = np.sort(cosines, axis=1)[:, -10:].mean(axis=1)
    return nearest
