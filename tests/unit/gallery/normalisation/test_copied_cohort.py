"""The cohort of a large gallery gives the means that the cohort of a small one gives."""

from __future__ import annotations

import numpy as np
import pytest

from shared.gallery.normalisation.cohort import CohortRows
from shared.gallery.normalisation.copied_cohort import CopiedCohort
from tests.unit.gallery.made_up_faces import unit


@pytest.mark.parametrize("dimension", [16, 128])
@pytest.mark.parametrize("persons", [2, 3, 30, 1_000])
def test_means_of_probes_are_those_of_the_same_faces_compared_one_by_one(
    persons: int, dimension: int
) -> None:
    generator = np.random.default_rng(persons)
    vectors = unit(generator.standard_normal((persons, dimension), dtype=np.float32))
    probes = unit(generator.standard_normal((10, dimension), dtype=np.float32))
    found = CopiedCohort(vectors).means_of(probes)
    assert found.dtype == np.float32
    assert found == pytest.approx(CohortRows(vectors).means_of(probes), abs=1e-6)


@pytest.mark.parametrize("persons", [0, 1])
def test_a_probe_has_no_mean_where_there_is_no_other_person(persons: int) -> None:
    vectors = np.eye(4, dtype=np.float32)[:persons]
    assert CopiedCohort(vectors).means_of(np.eye(4, dtype=np.float32)).tolist() == [-1] * 4


def test_an_image_of_the_cohort_itself_is_left_out_of_its_mean() -> None:
    vectors = unit(np.array([[1, 0, 0], [1, 1, 0], [1, 1, 0]], np.float32))
    (mean,) = CopiedCohort(vectors).means_of(vectors[:1])
    assert mean == pytest.approx(0.5**0.5, abs=1e-6)
