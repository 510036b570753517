"""A person's faces fall into two groups at the weakest link between them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.gallery.duplicates.mixed import mixed_persons, weakest_link
from shared.gallery.duplicates.person_faces import PersonFaces
from tests.unit.gallery.made_up_faces import unit


def persons_of(*vectors: Sequence[Sequence[float]]) -> PersonFaces:
    """Persons 1, 2, … with these faces; the ids of faces count on from 1."""
    rows = unit(np.array([row for some in vectors for row in some], np.float32))
    counts = [len(some) for some in vectors]
    ids = [uuid.UUID(int=number + 1).bytes for number in range(len(rows))]
    face_ids = np.frombuffer(b"".join(ids), np.uint8).reshape(-1, 16)
    return PersonFaces(rows, face_ids, face_ids[: len(vectors)], np.cumsum([0, *counts]))


def ids(*numbers: int) -> tuple[str, ...]:
    return tuple(str(uuid.UUID(int=number)) for number in numbers)


def test_two_people_under_one_person_are_distinguished() -> None:
    faces = persons_of(
        [(1, 0, 0), (0, 1, 0), (0.9, 0.1, 0), (0.1, 0.9, 0), (0.8, 0.2, 0)],
        [(0, 0, 1)],
        [(0, 0, 1), (0, 0.1, 1)],
    )
    (found,) = mixed_persons(faces, highest_cosine=0.5)
    assert found.person_id == ids(1)[0]
    assert found.groups == (ids(1, 3, 5), ids(2, 4))
    assert found.cosine == pytest.approx(0.26 / (0.68 * 0.82) ** 0.5, abs=1e-5)


def test_the_least_similar_groups_come_first_and_no_more_than_asked_for() -> None:
    faces = persons_of([(1, 0), (1, 1)], [(1, 0), (0, 1)], [(1, 0), (1, 0)])
    found = mixed_persons(faces, highest_cosine=0.8)
    assert [one.person_id for one in found] == list(ids(2, 1))
    assert mixed_persons(faces, highest_cosine=0.8, most=1) == found[:1]


@given(st.integers(2, 12), st.integers(0, 10_000))
def test_no_face_of_one_side_is_nearer_to_the_other_than_the_weakest_link(
    count: int, seed: int
) -> None:
    rows = unit(np.random.default_rng(seed).standard_normal((count, 3), dtype=np.float32))
    cosines = rows @ rows.T
    cosine, group = weakest_link(cosines)
    assert 0 < group.sum() < count
    assert cosine == pytest.approx(cosines[group][:, ~group].max())
