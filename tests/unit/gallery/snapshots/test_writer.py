"""Writing snapshots: over a file, in blocks, with codes or without, and to the end or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shared.gallery.snapshots import writer as writer_module
from shared.gallery.snapshots.format import PREAMBLE
from shared.gallery.snapshots.mapped import Snapshot
from shared.gallery.snapshots.writer import SnapshotWriter
from tests.unit.gallery.made_up_faces import CREATED, make_up, no_faces, write_snapshot


def test_a_finished_file_is_whole_before_the_writer_is_left(tmp_path: Path) -> None:
    faces = make_up(np.random.default_rng(1), persons=3, dimension=8)
    with SnapshotWriter(tmp_path / "s", model="m", dimension=8, created=CREATED) as writer:
        for row, vector in enumerate(faces.vectors):
            writer.add(faces.person_ids[row], faces.face_ids[row], vector)
        index = writer.finish()
        assert Snapshot.open(tmp_path / "s", verify=True).index == index
        with pytest.raises(ValueError, match="closed"):
            writer.add(faces.person_ids[-1], faces.face_ids[-1], faces.vectors[-1])
    assert (tmp_path / "s").exists()


def test_a_writer_that_was_left_takes_no_more_faces(tmp_path: Path) -> None:
    faces = make_up(np.random.default_rng(1), persons=1, most_faces=1, dimension=8)
    with SnapshotWriter(tmp_path / "s", model="m", dimension=8, created=CREATED) as writer:
        pass
    with pytest.raises(ValueError, match="closed"):
        writer.add(faces.person_ids[0], faces.face_ids[0], faces.vectors[0])


def test_a_file_that_is_written_over_ends_where_the_new_one_ends(tmp_path: Path) -> None:
    long = make_up(np.random.default_rng(2), persons=90, dimension=8)
    short = make_up(np.random.default_rng(3), persons=4, dimension=8)
    write_snapshot(tmp_path / "s", long)
    inode = (tmp_path / "s").stat().st_ino
    with SnapshotWriter(
        tmp_path / "s", model="made-up", dimension=8, created=CREATED, over=True
    ) as writer:
        for row, vector in enumerate(short.vectors):
            writer.add(short.person_ids[row], short.face_ids[row], vector)
        writer.finish()
    write_snapshot(tmp_path / "t", short)
    assert (tmp_path / "s").read_bytes() == (tmp_path / "t").read_bytes()
    assert (tmp_path / "s").stat().st_ino == inode


def test_a_writer_whose_file_was_removed_leaves_without_an_error_of_its_own(tmp_path: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        SnapshotWriter(tmp_path / "s", model="m", dimension=8, created=CREATED),
    ):
        (tmp_path / "s").unlink()
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("persons", "dimension", "coded_from", "coded"),
    [
        (40, 8, 40, True),
        (40, 8, 41, False),
        (16, 8, 1, True),
        (15, 8, 1, False),
        (0, 8, 0, False),
        (40, 6, 1, False),
    ],
)
def test_snapshots_are_coded_from_so_many_faces_on_where_components_come_in_fours(
    tmp_path: Path, persons: int, dimension: int, coded_from: int, coded: bool
) -> None:
    faces = no_faces(dimension)
    if persons:
        faces = make_up(
            np.random.default_rng(4), persons=persons, most_faces=1, dimension=dimension
        )
    index = write_snapshot(tmp_path / "s", faces, coded_from=coded_from)
    assert (index.codes is not None) == coded
    snapshot = Snapshot.open(tmp_path / "s", verify=True)
    assert (snapshot.coded is not None) == coded
    assert Snapshot.open(tmp_path / "s", verify=True, coded=False).coded is None


@pytest.mark.parametrize("salt", [None, b"salt of sixteen."], ids=["raw", "normalised"])
@pytest.mark.parametrize("block", [16, 100, 299, 300])
def test_codes_do_not_depend_on_the_blocks_they_are_made_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, salt: bytes | None, block: int
) -> None:
    faces = make_up(np.random.default_rng(5), persons=300, most_faces=1, dimension=8)
    whole = write_snapshot(tmp_path / "whole", faces, coded_from=1, salt=salt)
    monkeypatch.setattr(writer_module, "_BLOCK_ROWS", block)
    blocks = write_snapshot(tmp_path / "blocks", faces, coded_from=1, salt=salt)
    assert blocks.sections == whole.sections


@pytest.mark.parametrize(
    ("rows", "wanted", "ranges"),
    [
        (64, 64, [(0, 64)]),
        (63, 64, [(0, 63)]),
        (1_016, 64, [(0, 16), (250, 266), (500, 516), (750, 766)]),
        (1_015, 64, [(0, 16), (249, 265), (499, 515), (749, 765)]),
        (116, 32, [(0, 16), (50, 66)]),
        (3_016, 240, [(begin, begin + 16) for begin in range(0, 3_000, 200)]),
    ],
)
def test_a_sample_of_a_large_file_is_spread_in_runs_of_sixteen(
    rows: int, wanted: int, ranges: list[tuple[int, int]]
) -> None:
    assert writer_module._spread(rows, wanted) == ranges


def test_a_file_of_the_version_before_is_outdated_and_read(tmp_path: Path) -> None:
    faces = make_up(np.random.default_rng(6), persons=5, dimension=8)
    write_snapshot(tmp_path / "s", faces)
    assert not Snapshot.open(tmp_path / "s", verify=True).outdated
    content = (tmp_path / "s").read_bytes()
    for version, read in ((2, True), (1, False), (4, False)):
        older = PREAMBLE.pack(b"LINEAMNT", version, bytes(52)) + content[PREAMBLE.size :]
        (tmp_path / "s").write_bytes(older)
        if read:
            assert Snapshot.open(tmp_path / "s", verify=True).outdated
        else:
            with pytest.raises(ValueError, match=f"format {version}"):
                Snapshot.open(tmp_path / "s", verify=True)
