"""Accuracy of verification: Labeled Faces in the Wild, View 2."""

from __future__ import annotations

from statistics import mean, stdev

import numpy as np
from numpy.typing import NDArray

from shared.vision.confidence import ConfidenceCurve
from shared.vision.runtime.manifest import Task, load_manifest
from tools.measure.accuracy.embeddings import FOLDS, FaceSet, faces
from tools.measure.accuracy.rates import all_pairs, best_threshold, count_at_least
from tools.measure.accuracy.reference import Pair, lfw_pairs
from tools.measure.accuracy.table import Table, proportion

CONFIDENCES = (0.5, 0.6, 0.7, 0.8, 0.9)
CHECK_FOLD = 5
"""The fold that the curve was not fitted on."""


def service_curve() -> ConfidenceCurve:
    """The committed curve of the recognition model."""
    return ConfidenceCurve(load_manifest().first(Task.RECOGNITION).confidence)


def accuracy() -> Table:
    """Correct pairs by fold, with the best threshold of the other folds and with 0.5."""
    known, pairs = faces(), lfw_pairs()
    cosines, same, folds = pair_cosines(known, pairs)
    operating = service_curve().cosine(0.5)
    rows: list[tuple[str | int | float, ...]] = []
    for fold in FOLDS:
        here = folds == fold
        threshold = best_threshold(cosines[~here & same], cosines[~here & ~same])
        right = (cosines[here] >= threshold) == same[here]
        at_half = (cosines[here] >= operating) == same[here]
        rows.append((fold, threshold, 100 * float(right.mean()), 100 * float(at_half.mean())))
    best, half = ([float(row[column]) for row in rows] for column in (2, 3))
    rows.append(("mean", "", f"{mean(best):.2f} ± {stdev(best):.2f}", f"{mean(half):.2f}"))
    found = int(known.found.sum())
    return Table(
        f"Accuracy on the 3,000 pairs of folds 1 to 5 in percent; a face was found in {found:,} of"
        f" {len(known.found):,} images",
        ("fold", "best cosine of the others", "accuracy", f"at confidence 0.5 ({operating:.3f})"),
        rows,
    )


def operating_points() -> Table:
    """True and false accepts on all pairs of fold 5, which the curve was not fitted on."""
    known, curve = faces(), service_curve()
    same, other = all_pairs(known, known.of(CHECK_FOLD))
    cosines, alike, folds = pair_cosines(known, lfw_pairs())
    listed = np.sort(cosines[alike & (folds == CHECK_FOLD)])
    rows = []
    for confidence in CONFIDENCES:
        threshold = curve.cosine(confidence)
        false = count_at_least(other, threshold)
        rows.append(
            (
                confidence,
                f"{threshold:.3f}",
                proportion(count_at_least(listed, threshold), len(listed)),
                proportion(count_at_least(same, threshold), len(same)),
                false,
                f"{false / len(other):.1e}",
            )
        )
    return Table(
        f"True and false accepts on fold 5: {len(listed):,} listed pairs of one person,"
        f" all {len(same):,} pairs of one person and all {len(other):,} of two, 95 % intervals"
        " (as if pairs were independent)",
        ("confidence", "cosine", "TAR, listed", "TAR, all pairs", "false accepts", "FAR"),
        rows,
    )


def pair_cosines(
    known: FaceSet, pairs: list[Pair]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.int64]]:
    """For each listed pair: the cosine, whether it shows one person, and the fold.

    An image without a face has cosine 0 with all others, so that a pair of one person is missed.
    """
    first = known.vectors[[known.rows[pair.first] for pair in pairs]]
    second = known.vectors[[known.rows[pair.second] for pair in pairs]]
    cosines: NDArray[np.float32] = (first * second).sum(axis=1)
    return cosines, np.array([pair.same for pair in pairs]), np.array([pair.fold for pair in pairs])
