"""The confidence of identification, for every size of gallery."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from shared.domain.models import IdentificationFit, LengthRule
from shared.domain.values import Embedding
from shared.gallery.search.vector_index import GallerySize, PersonMatch
from shared.services.recognition.identification_scale import IdentificationScales, Scale
from shared.vision.confidence import ConfidenceCurve
from shared.vision.runtime.manifest import Task, load_manifest

SIZES = (1, 2, 10, 20, 50, 99, 100, 400, 1_999, 2_000, 50_000, 1_000_000, 20_000_000)
SFACE = load_manifest().first(Task.RECOGNITION)
CURVE = ConfidenceCurve(SFACE.confidence)
OF_CUSTOM = ConfidenceCurve([(-1.0, 0.0), (0.3, 0.5), (1.0, 1.0)])


def scale_of(persons: int, *, normalised: bool = True, false_positives: float = 0.01) -> Scale:
    assert SFACE.identification is not None
    scales = IdentificationScales(
        {"sface": CURVE}, {"sface": SFACE.identification}, false_positives=false_positives
    )
    return scales.scale("sface", GallerySize(persons, normalised))


def custom_scale(persons: int, *, false_positives: float = 0.01) -> Scale:
    scales = IdentificationScales({"custom": OF_CUSTOM}, {}, false_positives=false_positives)
    return scales.scale("custom", GallerySize(persons, normalised=False))


@pytest.mark.parametrize("normalised", [True, False])
@pytest.mark.parametrize("persons", SIZES)
def test_a_scale_rises_and_has_its_default_at_one_half(persons: int, normalised: bool) -> None:
    scale = scale_of(persons, normalised=normalised)
    confidences = [scale.confidence(score / 100) for score in range(-50, 101)]
    assert all(0 <= one <= 1 for one in confidences)
    assert all(low <= high for low, high in itertools.pairwise(confidences))
    assert scale.default == 0.5
    threshold = scale.least_score(0.5)
    assert scale.confidence(threshold + 1e-4) >= 0.5 > scale.confidence(threshold - 1e-4)


@pytest.mark.parametrize("persons", SIZES)
def test_the_default_is_never_laxer_than_that_of_verify(persons: int) -> None:
    same = CURVE.cosine(0.5)
    scale = scale_of(persons)
    assert scale.least_subtracted is not None
    assert scale.confidence(same - 0.001 - scale.least_subtracted) < 0.5
    assert scale_of(persons, normalised=False).confidence(same - 0.001) < 0.5
    assert custom_scale(persons).confidence(0.299) < 0.5


@pytest.mark.parametrize("persons", SIZES)
def test_an_image_that_is_enrolled_itself_has_a_confidence_of_0_9_at_least(persons: int) -> None:
    assert scale_of(persons).confidence(1 - 0.52 - 0.08) >= 0.9
    assert scale_of(persons, normalised=False).confidence(1.0) == 1.0
    assert custom_scale(persons).confidence(1.0) == 1.0


def test_confidences_change_with_the_size_without_a_jump() -> None:
    for normalised in (True, False):
        for persons in range(1, 300):
            one = scale_of(persons, normalised=normalised)
            other = scale_of(persons + 1, normalised=normalised)
            for cosine in (0.35, 0.45, 0.6, 0.8):
                before = one.confidence(cosine - (one.least_subtracted or 0))
                after = other.confidence(cosine - (other.least_subtracted or 0))
                assert before == pytest.approx(after, abs=0.08 if persons < 20 else 0.02)


def test_a_raw_threshold_rises_with_the_size() -> None:
    thresholds = [custom_scale(persons).least_score(0.5) for persons in SIZES]
    assert thresholds[:4] == [pytest.approx(0.3, abs=1e-4)] * 4
    assert all(low < high for low, high in itertools.pairwise(thresholds[3:]))
    assert thresholds[-1] < 0.7


@pytest.mark.parametrize(
    ("false_positives", "default"), [(0.001, 0.7), (0.01, 0.5), (0.05, 0.4), (0.2, 0.3)]
)
def test_the_setting_moves_the_default_along_the_curve(
    false_positives: float, default: float
) -> None:
    moved = scale_of(400, false_positives=false_positives)
    assert moved.default == default
    for score in (0.0, 0.1, 0.2, 0.3):
        assert moved.confidence(score) == scale_of(400).confidence(score)
    raw = custom_scale(400, false_positives=false_positives)
    assert (raw.default > 0.5) == (false_positives < 0.01)
    assert raw.confidence(0.4) == custom_scale(400).confidence(0.4)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.2])
def test_a_scale_says_which_share_of_strangers_reaches_a_confidence(share: float) -> None:
    default = scale_of(100, false_positives=share).default
    assert (default, share) in scale_of(100).strangers
    assert scale_of(100, normalised=False).strangers == ((0.5, 0.01),)


def test_a_lax_default_still_asks_for_the_cosine_of_verify() -> None:
    lax = scale_of(400, false_positives=0.2)
    below, above = PersonMatch("below", 0.38, 0.3), PersonMatch("above", 0.39, 0.2)
    assert [one.person_id for one in lax.candidates([below, above], of_default=True)] == ["above"]
    assert len(lax.candidates([below, above], of_default=False)) == 2


def test_a_normalised_gallery_of_a_model_without_a_fit_is_scored_raw() -> None:
    scales = IdentificationScales({"custom": OF_CUSTOM}, {})
    assert scales.scale("custom", GallerySize(400, normalised=True)).least_subtracted is None


def test_a_fit_of_ones_own_counts() -> None:
    fit = IdentificationFit(((1, 0.1), (100, 0.2)), ((-0.1, 0.3), (0.0, 0.5)))
    scales = IdentificationScales({"custom": OF_CUSTOM}, {"custom": fit})
    scale = scales.scale("custom", GallerySize(10, normalised=True))
    assert scale.confidence(0.15) == pytest.approx(0.5)
    assert scale.least_subtracted == pytest.approx(0.3 - 0.15)


@pytest.mark.parametrize("persons", SIZES)
def test_without_the_probe_s_cohort_mean_the_default_is_at_least_as_strict(persons: int) -> None:
    assert SFACE.identification is not None
    size = GallerySize(persons, normalised=True, of_probes=False)
    scales = IdentificationScales({"sface": CURVE}, {"sface": SFACE.identification})
    scale = scales.scale("sface", size)
    assert scale.default == 0.5
    assert scale.least_score(0.5) >= scale_of(persons).least_score(0.5) - 0.004


def test_a_fit_of_ones_own_counts_without_the_probe_s_cohort_mean_somewhat_higher() -> None:
    fit = IdentificationFit(((1, 0.1), (100, 0.2)), ((-0.1, 0.3), (0.0, 0.5)))
    scales = IdentificationScales({"custom": OF_CUSTOM}, {"custom": fit})
    scale = scales.scale("custom", GallerySize(10, normalised=True, of_probes=False))
    assert scale.confidence(0.16) == pytest.approx(0.5)


def test_the_length_of_a_searched_face_counts_as_the_fit_says() -> None:
    knots = ((1, 0.1), (100, 0.2)), ((-0.1, 0.3), (0.0, 0.5))
    fit = IdentificationFit(*knots, length=LengthRule(weight=0.01, typical=12.0))
    probes = [
        Embedding(np.ones(1, np.float32), "custom", length) for length in (12.0, 15.0, 8.0, None)
    ]
    size = GallerySize(10, normalised=True)
    of_length = IdentificationScales({"custom": OF_CUSTOM}, {"custom": fit}).scale("custom", size)
    assert of_length.handicaps(probes) == [0.0, pytest.approx(0.03), pytest.approx(-0.04), 0.0]

    without = IdentificationFit(*knots)
    scale = IdentificationScales({"custom": OF_CUSTOM}, {"custom": without}).scale("custom", size)
    assert scale.handicaps(probes) == [0.0] * 4
