"""Average linkage joins clusters by their average similarity, without chaining."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.services.recognition.grouping import average_linkage


def likeness(pairs: dict[tuple[int, int], float], number: int) -> NDArray[np.float32]:
    """A symmetric matrix; pairs that are not named are dissimilar."""
    matrix = np.eye(number, dtype=np.float32)
    for (one, other), value in pairs.items():
        matrix[one, other] = matrix[other, one] = value
    return matrix


def alike(mean: float) -> bool:
    return mean >= 0.5


def test_what_is_alike_is_joined_and_the_rest_stands_alone() -> None:
    matrix = likeness({(0, 3): 0.9, (1, 2): 0.7}, 5)
    assert average_linkage(matrix, alike) == [[0, 3], [1, 2], [4]]


def test_one_chance_likeness_does_not_join_two_people() -> None:
    first, second = (0, 1, 2), (3, 4, 5)
    pairs = {(a, b): 0.9 for group in (first, second) for a in group for b in group if a < b}
    assert average_linkage(likeness({**pairs, (2, 3): 0.8}, 6), alike) == [
        list(first),
        list(second),
    ]


def test_a_chain_is_not_one_person() -> None:
    pairs = {(number, number + 1): 0.6 for number in range(9)}
    assert max(map(len, average_linkage(likeness(pairs, 10), alike))) == 2


def test_nothing_is_joined_where_nothing_is_alike() -> None:
    assert average_linkage(likeness({}, 3), alike) == [[0], [1], [2]]


def test_the_mean_is_that_of_all_pairs() -> None:
    # 2 has similarity 0.8 with 0 and 0.3 with 1: 0.55 on average, which is enough.
    matrix = likeness({(0, 1): 0.9, (0, 2): 0.8, (1, 2): 0.3}, 3)
    assert average_linkage(matrix, alike) == [[0, 1, 2]]
    # 3 is similar to 0 only: 0.9 / 3 is too little.
    larger = likeness({(0, 1): 0.95, (0, 2): 0.8, (1, 2): 0.5, (0, 3): 0.9, (1, 3): 0.1}, 4)
    assert average_linkage(larger, alike) == [[0, 1, 2], [3]]


@pytest.mark.parametrize("people", [1, 7, 60])
def test_faces_around_as_many_centres_make_as_many_groups(people: int) -> None:
    random = np.random.default_rng(7)
    centres = random.standard_normal((people, 128)).astype(np.float32)
    faces = np.repeat(centres, 6, axis=0) + 0.3 * random.standard_normal((people * 6, 128))
    vectors = (faces / np.linalg.norm(faces, axis=1, keepdims=True)).astype(np.float32)
    expected = [list(range(6 * person, 6 * person + 6)) for person in range(people)]
    assert average_linkage(vectors @ vectors.T, alike) == expected
