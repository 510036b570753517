"""Rows lead to their persons, wherever persons and blocks of rows begin."""

from __future__ import annotations

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
