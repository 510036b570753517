"""Rows lead to their persons, wherever persons and blocks of rows begin."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from shared.gallery.snapshots.row_owners import RowOwners


@pytest.mark.parametrize("persons", [1, 2, 63, 64, 65, 700])
@pytest.mark.parametrize("most_faces", [1, 5, 248])
def test_persons_of_rows_are_those_whose_offsets_enclose_them(
    persons: int, most_faces: int
) -> None:
    generator = np.random.default_rng(persons * most_faces)
    counts = generator.integers(1, most_faces + 1, persons)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32)
    everyone = np.repeat(np.arange(persons), counts)
    owners = RowOwners(offsets)

    assert owners.rows == len(everyone)
    for row in generator.integers(0, len(everyone), 300):
        assert list(owners.of(np.array([row]))) == [everyone[row]]
    some = generator.integers(0, len(everyone), 50)
    assert list(owners.of(some)) == sorted(set(everyone[some]))


def test_a_person_that_begins_with_a_block_owns_its_rows() -> None:
    owners = RowOwners(np.array([0, 64, 128, 192]))
    for row in (0, 63, 64, 127, 128, 191):
        assert owners.of(np.array([row])).tolist() == [row // 64]


def test_twelve_bytes_are_kept_of_a_block_of_rows() -> None:
    owners = RowOwners(np.arange(64_001))
    assert 12 * 1_000 < len(pickle.dumps(owners)) < 12 * 1_000 + 1_000
