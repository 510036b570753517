"""Identification among few persons: corrected wholly, in part, or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.domain.values import Embedding
from shared.gallery.search.vector_index import GallerySize, PersonMatch
from shared.services.cohorts.small_galleries import SmallGalleries

MODEL = "sface"
ONE, OTHER, PROBE = np.eye(3, dtype=np.float32)
NEAREST = [PersonMatch("one", 0.6, 0.4, ONE), PersonMatch("other", 0.55, 0.35, OTHER)]


class Crowded:
    """Lowers cosines with the first person by 0.2."""

    def subtracted(
        self, ones: NDArray[np.float32], others: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        return np.float32(0.2) * np.broadcast_to(others[:, 0], (len(ones), len(others)))


def ranked(persons: int, count: int = 2, model: str = MODEL) -> list[tuple[str, float]]:
    """The two nearest persons among so many, with their scores."""
    small, size = SmallGalleries({MODEL: Crowded()}), GallerySize(persons, normalised=True)
    (found,) = small.corrected(size, [Embedding(PROBE, model)], [NEAREST], count)
    return [(one.person_id, round(one.score, 5)) for one in found]


@pytest.mark.parametrize("persons", [0, 2, 100])
def test_scores_of_small_galleries_are_lowered_and_rank(persons: int) -> None:
    assert ranked(persons) == [("other", 0.35), ("one", 0.2)]
    assert ranked(persons, count=1) == [("other", 0.35)]


def test_the_correction_fades_without_a_jump() -> None:
    assert ranked(200) == [("other", 0.35), ("one", 0.3)]
    assert ranked(101)[1][1] == pytest.approx(0.2, abs=0.002)
    assert ranked(399)[0][1] == pytest.approx(0.4, abs=0.002)


def test_larger_galleries_and_other_models_stay_as_they_are() -> None:
    unchanged = [("one", 0.4), ("other", 0.35)]
    assert ranked(400) == ranked(10**6) == ranked(10, model="another") == unchanged


def test_everyone_of_a_small_gallery_is_ranked() -> None:
    small = SmallGalleries({MODEL: Crowded()})
    assert small.count(MODEL, GallerySize(80, normalised=True), 1) == 80
    assert small.count(MODEL, GallerySize(80, normalised=True), 90) == 90
    assert small.count(MODEL, GallerySize(5_000, normalised=True), 3) == 3
    assert small.count("another", GallerySize(80, normalised=True), 3) == 3


def test_no_more_is_subtracted_than_in_any_gallery() -> None:
    small, size = SmallGalleries({MODEL: Crowded()}), GallerySize(10, normalised=True)
    known = [PersonMatch("one", 1.0, 0.5, ONE), PersonMatch("other", 1.0, 0.4, ONE)]
    (found,) = small.corrected(size, [Embedding(PROBE, MODEL)], [known], 2)
    assert [round(one.score, 5) for one in found] == [0.48, 0.4]


def test_an_index_that_returns_no_vectors_is_not_corrected() -> None:
    small = SmallGalleries({MODEL: Crowded()})
    matches = [PersonMatch("one", 0.6, 0.4)]
    size = GallerySize(10, normalised=False)
    assert small.corrected(size, [Embedding(PROBE, MODEL)], [matches], 1) == [matches]
