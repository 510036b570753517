"""Figures and rows to code of a file that is being written, read back block by block."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.gallery.normalisation.cohort import Cohort, draw_persons
from shared.gallery.normalisation.figures import figures_of, rows_to_code
from shared.gallery.snapshots import file_persons
from shared.gallery.snapshots.file_persons import PersonsOfFile
from tests.unit.gallery.made_up_faces import random_uuids, unit

SALT = b"salt of sixteen."
COUNTS = np.array([3, 2, 4, 1, 9, 1, 1, 3])
OFFSETS = np.concatenate([[0], np.cumsum(COUNTS)]).astype(np.int64)
GENERATOR = np.random.default_rng(21)
VECTORS = unit(GENERATOR.standard_normal((int(OFFSETS[-1]), 12), dtype=np.float32))
HANDICAPS = GENERATOR.uniform(-0.06, 0.08, len(VECTORS)).astype(np.float32)
PERSONS = sorted(random_uuids(len(COUNTS), GENERATOR))
IDS = np.frombuffer(b"".join(PERSONS), np.uint8).reshape(-1, 16)


class Reader:
    """Reads vectors and records the ranges."""

    def __init__(self) -> None:
        self.reads: list[list[tuple[int, int]]] = []

    def __call__(self, ranges: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
        self.reads.append(list(ranges))
        return np.concatenate([VECTORS[begin:end] for begin, end in ranges])


@pytest.fixture(params=[3, 1_000], ids=["some are the cohort", "all are the cohort"])
def cohort(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Cohort:
    """The cohort, of so many persons at most."""

    def draw(ids: NDArray[np.uint8], salt: bytes) -> NDArray[np.int64]:
        return draw_persons(ids, salt, request.param)

    monkeypatch.setattr(file_persons, "draw_persons", draw)
    members = draw(IDS, SALT)
    return Cohort(VECTORS[OFFSETS[members]], [PERSONS[one] for one in members])


def made(reader: Reader) -> PersonsOfFile:
    return PersonsOfFile(reader, OFFSETS, b"".join(PERSONS), SALT, HANDICAPS)


@pytest.mark.parametrize("block", [1, 5, 4_096])
def test_the_figures_do_not_depend_on_the_blocks_they_are_made_in(
    monkeypatch: pytest.MonkeyPatch, cohort: Cohort, block: int
) -> None:
    monkeypatch.setattr(file_persons, "_BLOCK_ROWS", block)
    persons = made(Reader())
    assert VECTORS[persons.cohort_rows].tobytes() == cohort.vectors.tobytes()
    expected = figures_of(VECTORS, OFFSETS, cohort, cohort.columns_of(IDS), HANDICAPS)
    for name in ("face_means", "person_means", "person_lengths"):
        found = getattr(persons.figures, name)
        assert found == pytest.approx(getattr(expected, name), abs=1e-6)


def test_blocks_are_whole_persons_with_no_more_rows_than_a_block_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(file_persons, "_BLOCK_ROWS", 5)
    reader = Reader()
    made(reader)
    assert reader.reads[1:] == [[(0, 5)], [(5, 10)], [(10, 19)], [(19, 24)]]


def test_rows_that_cannot_be_read_back_are_an_error() -> None:
    def fail(ranges: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
        if len(ranges) < len(COUNTS):  # It is no longer the cohort that is read.
            raise OSError
        return Reader()(ranges)

    with pytest.raises(OSError, match=r"^$"):
        PersonsOfFile(fail, OFFSETS, b"".join(PERSONS), SALT, HANDICAPS)


def test_the_rows_to_code_of_ranges_are_those_of_the_whole_file(cohort: Cohort) -> None:
    reader = Reader()
    persons = made(reader)
    figures = figures_of(VECTORS, OFFSETS, cohort, cohort.columns_of(IDS), HANDICAPS)
    every = rows_to_code(VECTORS, OFFSETS, figures)
    reader.reads.clear()
    for ranges in ([(0, 24)], [(4, 6), (11, 12)], [(5, 9)], [(23, 24)], [(0, 1), (10, 20)]):
        found = persons.rows_to_code(ranges)
        expected = np.concatenate([every[begin:end] for begin, end in ranges])
        assert found == pytest.approx(expected, abs=1e-5)
    assert reader.reads[1:3] == [[(3, 9)], [(10, 19)]], "no more than their persons"
