"""Fits the curve from cosine to confidence: `python -m tools.measure.accuracy.calibration`.

It is fitted on folds 1 to 4 of Labeled Faces in the Wild and copied into the model manifest by
hand; `make accuracy` prints whether the committed knots are those of the fit, and their rates on
fold 5.
"""

from __future__ import annotations

import numpy as np

from shared.vision.confidence import ConfidenceCurve
from tools.measure.accuracy.embeddings import FaceSet, faces
from tools.measure.accuracy.rates import all_pairs, cosine_of_rate
from tools.measure.accuracy.table import Table
from tools.measure.accuracy.verification import service_curve

FIT_FOLDS = (1, 2, 3, 4)

FALSE_ACCEPT_RATES = ((0.3, 1e-2), (0.5, 5e-4), (0.6, 1e-4), (0.7, 1e-5))
"""Confidences, and the shares of pairs of two people that reach them. 0.5 has half of the
documented rate of 1 in 1,000, so that people outside of the fit stay below it as well.
"""

TRUE_ACCEPT_RATES = ((0.9, 0.5),)
"""Confidences, and the shares of pairs of one person that reach them; used where there are no false
accepts left to count.
"""

_DIGITS = 3


def fitted_knots(known: FaceSet) -> tuple[tuple[float, float], ...]:
    """The knots of a strictly rising curve, rounded to thousandths of a cosine."""
    same, other = all_pairs(known, known.of(*FIT_FOLDS))
    knots = [(-1.0, 0.0)]
    knots += [(_rounded(cosine_of_rate(other, far)), c) for c, far in FALSE_ACCEPT_RATES]
    knots += [(_rounded(cosine_of_rate(same, tar)), c) for c, tar in TRUE_ACCEPT_RATES]
    knots.append((1.0, 1.0))
    return ConfidenceCurve(knots).knots


def check() -> Table:
    """The committed knots beside those of the fit."""
    committed = {confidence: cosine for cosine, confidence in service_curve().knots}
    fitted = {confidence: cosine for cosine, confidence in fitted_knots(faces())}
    return Table(
        "Curve from cosine to confidence, fitted on folds 1 to 4",
        ("confidence", "cosine, fitted", "cosine, committed"),
        [
            (confidence, fitted.get(confidence), committed.get(confidence))
            for confidence in sorted(fitted | committed)
        ],
    )


def _rounded(cosine: float) -> float:
    """Rounded up, so that no rate is exceeded by rounding."""
    return float(np.ceil(cosine * 10**_DIGITS) / 10**_DIGITS)


if __name__ == "__main__":
    print("confidence =", [list(knot) for knot in fitted_knots(faces())])
