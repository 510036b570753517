"""The cohort, and the mean cosine of a face with its nearest of it."""

from __future__ import annotations

import numpy as np
import pytest

from shared.gallery.normalisation.cohort import Cohort, cohort_means, draw_persons, nearest
from tests.unit.gallery.made_up_faces import random_uuids, unit

SALT = b"salt of sixteen."


def ids_of(count: int, seed: int = 1) -> np.ndarray:
    ids = sorted(random_uuids(count, np.random.default_rng(seed)))
    return np.frombuffer(b"".join(ids), np.uint8).reshape(-1, 16)


def test_a_small_gallery_is_its_own_cohort() -> None:
    assert draw_persons(ids_of(30), SALT).tolist() == list(range(30))


def test_the_same_persons_give_the_same_cohort_and_another_salt_another() -> None:
    ids = ids_of(5_000)
    drawn = draw_persons(ids, SALT)
    assert len(drawn) == 1_000
    assert drawn.tolist() == sorted(drawn.tolist())
    assert drawn.tolist() == draw_persons(ids, SALT).tolist()
    assert drawn.tolist() != draw_persons(ids, b"another salt 16.").tolist()


def test_a_deleted_person_is_replaced_and_all_others_stay() -> None:
    ids = ids_of(3_000)
    before = {ids[one].tobytes() for one in draw_persons(ids, SALT)}
    gone = int(draw_persons(ids, SALT)[17])
    fewer = np.delete(ids, gone, axis=0)
    after = {fewer[one].tobytes() for one in draw_persons(fewer, SALT)}
    assert before - after == {ids[gone].tobytes()}
    assert len(after) == 1_000


@pytest.mark.parametrize("rows", [40, 9_000], ids=["by numpy", "by faiss"])
def test_a_mean_is_that_of_the_nearest_other_persons(rows: int) -> None:
    generator = np.random.default_rng(3)
    vectors = unit(generator.standard_normal((rows, 16), dtype=np.float32))
    members = vectors[:300]
    cohort = Cohort(members, [])
    own = np.where(np.arange(rows) < len(members), np.arange(rows), -1)
    found = cohort_means(vectors, cohort, own)
    for row in (0, 7, rows - 1):
        others = [float(vectors[row] @ one) for place, one in enumerate(members) if place != row]
        assert found[row] == pytest.approx(
            np.mean(sorted(others)[-nearest(len(members)) :]), abs=1e-5
        )


def test_a_person_alone_has_no_other_to_be_compared_with() -> None:
    vectors = unit(np.ones((1, 4), np.float32))
    cohort = Cohort(vectors, [b"x" * 16])
    assert cohort_means(vectors, cohort, np.zeros(1, np.int64)).tolist() == [-1]
    assert cohort_means(vectors, Cohort(vectors[:0], []), np.zeros(1, np.int64)).tolist() == [-1]


def test_of_few_persons_all_others_count() -> None:
    vectors = np.eye(3, dtype=np.float32)
    vectors[1] = unit(np.array([1, 1, 0], np.float32))
    found = cohort_means(vectors, Cohort(vectors, []), np.arange(3))
    assert found[0] == pytest.approx(0.5**0.5 / 2, abs=1e-6)
