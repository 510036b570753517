"""Fits the thresholds of identification: `make accuracy ACCURACY=identification-fit`.

The threshold for a size is the higher of two scores: the one that 1 % of the strangers of Labeled
Faces in the Wild reach, and the one that a share of the strangers of families reach, both in other
draws than those of the tables. They are copied to the model manifest by hand: those for 300 and 400
people somewhat lowered, for the members of Labeled Faces in the Wild, and those for 1,300 and 1,500
raised, because draws of these sizes have few strangers of families. Beyond the sizes of the sets
they are extrapolated like the maximum of normally distributed cosines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from shared.domain.limits import SAME_PERSON_CONFIDENCE
from shared.domain.models import UNCOUNTED
from shared.gallery.normalisation.figures import MOST_SUBTRACTED, half_of
from shared.gallery.search.vector_index import GallerySize
from tools.measure.accuracy.family_crops import family_faces
from tools.measure.accuracy.galleries import MODEL, Draw, Faces, Gallery, draws, length_rule, scales
from tools.measure.accuracy.identification import lfw_faces
from tools.measure.accuracy.table import Cell, Table
from tools.measure.accuracy.verification import service_curve

_SIZES = (20, 50, 100, 140, 200, 300, 400, 700, 1_000, 1_300, 1_500, 2_000)
_TIMES = 48
_SEED = 33
_OF_LFW = 0.01
_OF_FAMILIES, _OF_FAMILIES_IN_SMALL = 0.0185, {20: 0.028, 50: 0.016}
"""Shares of strangers of families; the second by number of people, for small galleries. Below 2 %,
because other draws differ. A gallery of few people is a poor cohort for itself: at 20 people, more
than 2 % of the strangers of families are named by cosines that verify accepts, whatever is
subtracted."""

_SHARES = (0.2, 0.05, 0.003, 0.001)
"""Shares of LFW's strangers that reach confidences 0.3, 0.4, 0.6 and 0.7."""

_DECIMALS = 3
_NEVER = np.float32(-2)

_Scores = Callable[[Faces, Draw], NDArray[np.float32]]
"""For each stranger of a draw, the best score of a person whose cosine verify accepts."""


def measure() -> Table:
    """The scores by size, beside the committed thresholds."""
    sets = lfw_faces(), family_faces()
    rows: list[Sequence[Cell]] = []
    for size in _SIZES:
        most = _OF_FAMILIES_IN_SMALL.get(size, _OF_FAMILIES)
        row: list[Cell] = [size, f"{100 * most:g} %"]
        for scores, of_probes in ((_both, True), (_index, False)):
            adults, families = (_of(known, size, scores) for known in sets)
            row += [_reached(adults, _OF_LFW), _reached(families, most)]
            row.append(_committed(size, of_probes=of_probes))
            if of_probes:
                row += [_above(adults, share) for share in _SHARES]
        rows.append(row)
    return Table(
        "Scores that 1 % of LFW's strangers and a share of the families' reach with an accepted"
        " cosine, and the committed thresholds; how far above LFW's 20, 5, 0.3 and 0.1 % of its"
        " strangers reach; the same without the probe's cohort mean",
        (
            "people", "share", "LFW", "families", "committed", "20 %", "5 %", "0.3 %", "0.1 %",
            "LFW, index", "families, index", "committed, index",
        ),
        rows,
    )  # fmt: skip


def _of(known: Faces, size: int, scores: _Scores) -> NDArray[np.float32] | None:
    """The best scores of all strangers of all draws; None if the set is too small."""
    if size >= len(np.unique(known.people)):
        return None
    drawn = draws(known, size, times=_TIMES, seed=_SEED)
    return np.sort(np.concatenate([scores(known, draw) for draw in drawn]))


def _both(known: Faces, draw: Draw) -> NDArray[np.float32]:
    gallery = Gallery(known, draw)
    of_probes = [one.of_probe for one in gallery.subtractions(draw.strangers, -1.0)]
    subtracted = half_of(_means(gallery))[None] + np.array(of_probes, np.float32)[:, None]
    return _best(known, draw, subtracted)


def _index(known: Faces, draw: Draw) -> NDArray[np.float32]:
    handicaps = known.handicaps(length_rule())
    means = _means(Gallery(known, draw, UNCOUNTED)) + handicaps[draw.enrolled]
    subtracted = np.minimum(means[None] + handicaps[draw.strangers, None], MOST_SUBTRACTED)
    return _best(known, draw, subtracted)


def _means(gallery: Gallery) -> NDArray[np.float32]:
    """The figures of the enrolled images."""
    figures = gallery.rows.figures
    if figures is None:
        raise ValueError("A gallery was made without figures.")
    return figures.face_means


def _best(known: Faces, draw: Draw, subtracted: NDArray[np.float32]) -> NDArray[np.float32]:
    cosines = known.vectors[draw.strangers] @ known.vectors[draw.enrolled].T
    same = service_curve().cosine(SAME_PERSON_CONFIDENCE)
    best: NDArray[np.float32] = np.where(cosines >= same, cosines - subtracted, _NEVER).max(axis=1)
    return best


def _score(ordered: NDArray[np.float32] | None, share: float) -> float | None:
    """The lowest score that at most ``share`` of the rising scores exceed, if any does."""
    score = _NEVER if ordered is None else ordered[len(ordered) - 1 - int(share * len(ordered))]
    return None if score == _NEVER else float(score)


def _reached(ordered: NDArray[np.float32] | None, share: float) -> str:
    score = _score(ordered, share)
    return "-" if score is None else f"{score:.{_DECIMALS}f}"


def _above(ordered: NDArray[np.float32] | None, share: float) -> str:
    score, middle = _score(ordered, share), _score(ordered, _OF_LFW)
    return "-" if score is None or middle is None else f"{score - middle:+.{_DECIMALS}f}"


def _committed(size: int, *, of_probes: bool) -> str:
    scale = scales().scale(MODEL, GallerySize(size, normalised=True, of_probes=of_probes))
    return f"{scale.least_score(SAME_PERSON_CONFIDENCE):.{_DECIMALS}f}"
