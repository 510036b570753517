from __future__ import annotations

import numpy as np
import pytest

from shared.vision.confidence import ConfidenceCurve
from shared.vision.runtime.manifest import Manifest, Task

KNOTS = ((-1.0, 0.0), (0.3, 0.5), (0.7, 0.9), (1.0, 1.0))


@pytest.mark.parametrize(("cosine", "confidence"), KNOTS)
def test_the_curve_passes_through_its_knots(cosine: float, confidence: float) -> None:
    assert ConfidenceCurve(KNOTS).confidence(cosine) == confidence


def test_between_knots_the_curve_is_straight() -> None:
    assert ConfidenceCurve(KNOTS).confidence((0.3 + 0.7) / 2) == pytest.approx(0.7)


def test_a_cosine_rounded_beyond_one_has_confidence_one() -> None:
    assert ConfidenceCurve(KNOTS).confidence(1.0000001) == 1.0


def test_an_array_of_cosines_maps_like_each_of_them() -> None:
    curve = ConfidenceCurve(KNOTS)
    cosines = np.linspace(-1, 1, 30, dtype=np.float32).reshape(5, 6)
    confidences = curve.confidences(cosines)
    assert confidences.shape == (5, 6)
    assert confidences.ravel().tolist() == [curve.confidence(float(x)) for x in cosines.ravel()]


def test_a_surer_match_never_has_less_confidence() -> None:
    confidences = ConfidenceCurve(KNOTS).confidences(np.linspace(-1, 1, 2_001))
    assert (np.diff(confidences) > 0).all()


def test_the_inverse_leads_back() -> None:
    curve = ConfidenceCurve(KNOTS)
    for confidence in np.linspace(0, 1, 101):
        there_and_back = curve.confidence(curve.cosine(float(confidence)))
        assert there_and_back == pytest.approx(float(confidence), abs=1e-12)


@pytest.mark.parametrize(
    "knots",
    [
        (),
        ((-1.0, 0.0),),
        ((-1.0, 0.1), (1.0, 1.0)),
        ((-0.5, 0.0), (1.0, 1.0)),
        ((-1.0, 0.0), (1.0, 0.9)),
        ((-1.0, 0.0), (0.3, 0.6), (0.5, 0.6), (1.0, 1.0)),
        ((-1.0, 0.0), (0.5, 0.6), (0.3, 0.7), (1.0, 1.0)),
        ((-1.0, 0.0), (float("nan"), 0.7), (1.0, 1.0)),
    ],
)
def test_a_curve_that_does_not_rise_from_end_to_end_is_refused(
    knots: tuple[tuple[float, float], ...],
) -> None:
    with pytest.raises(ValueError, match="confidence curve"):
        ConfidenceCurve(knots)


def test_the_shipped_model_s_operating_point_is_the_documented_one(manifest: Manifest) -> None:
    curve = ConfidenceCurve(manifest.first(Task.RECOGNITION).confidence)
    assert curve.cosine(0.5) == pytest.approx(0.388)
