"""Rates and thresholds, on numbers small enough to count by hand."""

from __future__ import annotations

import numpy as np

from tools.measure.accuracy.embeddings import FaceSet
from tools.measure.accuracy.rates import all_pairs, best_threshold, cosine_of_rate, count_at_least


def _faces() -> FaceSet:
    """Two images of person 0 at 0 and 60 degrees, one of person 1 at 90, one without a face."""
    angles = np.radians([0, 60, 90, 0])
    return FaceSet(
        np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32),
        np.array([1, 1, 1, 0], np.float32),
        np.array([True, True, True, False]),
        np.array([0, 0, 1, 1]),
        np.array([1, 1, 1, 1]),
        {},
    )


def test_every_pair_of_images_counts_once_and_those_without_a_face_never() -> None:
    faces = _faces()
    same, other = all_pairs(faces, faces.of(1))
    np.testing.assert_allclose(same, [0.5], atol=1e-6)
    np.testing.assert_allclose(other, [0.0, np.sqrt(3) / 2], atol=1e-6)
    assert len(faces.of(2)) == 0


def test_a_threshold_of_a_rate_lets_no_more_than_that_share_pass() -> None:
    cosines = np.linspace(0, 0.9, 10, dtype=np.float32)
    assert count_at_least(cosines, cosine_of_rate(cosines, 0.2)) == 2
    assert count_at_least(cosines, cosine_of_rate(cosines, 0.29)) == 2
    assert count_at_least(cosines, cosine_of_rate(cosines, 0.0)) == 0


def test_the_best_threshold_lies_in_the_middle_of_the_gap() -> None:
    same, other = np.array([0.4, 0.8], np.float32), np.array([0.1, 0.2], np.float32)
    assert abs(best_threshold(same, other) - 0.3) < 1e-6


def test_the_best_threshold_gives_up_one_pair_to_win_two() -> None:
    same = np.array([0.1, 0.5, 0.6], np.float32)
    other = np.array([0.0, 0.2, 0.3], np.float32)
    assert 0.3 < best_threshold(same, other) < 0.5
