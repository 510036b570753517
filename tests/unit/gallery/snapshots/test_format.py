"""The snapshot file: what goes in comes out, and what was altered is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shared.gallery.snapshots.format import ALIGNMENT, FOOTER, FORMAT_VERSION, TornSnapshot
from shared.gallery.snapshots.mapped import Snapshot
from shared.gallery.snapshots.writer import DeltaFields, SnapshotWriter
from tests.unit.gallery.made_up_faces import (
    CREATED,
    MadeUpFaces,
    make_up,
    no_faces,
    random_uuids,
    write_snapshot,
)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("coded_from", [10**9, 1])
def test_what_was_written_is_read(tmp_path: Path, seed: int, coded_from: int) -> None:
    generator = np.random.default_rng(seed)
    dimension = int(generator.choice([4, 8, 100, 128]))
    persons = int(generator.integers(1, 400))
    faces = make_up(generator, persons=persons, most_faces=9, dimension=dimension)
    written = write_snapshot(tmp_path / "s", faces, coded_from=coded_from)
    snapshot = Snapshot.open(tmp_path / "s", verify=True)
    assert snapshot.index == written
    assert (snapshot.index.model, snapshot.index.created) == ("made-up", CREATED)
    assert snapshot.vectors.tobytes() == faces.vectors.tobytes()
    assert list(map(bytes, snapshot.face_ids)) == faces.face_ids
    assert list(map(bytes, snapshot.persons_of_all())) == faces.person_ids
    assert snapshot.index.persons == len(snapshot.person_offsets) - 1 == persons
    assert (snapshot.coded is not None) == (coded_from == 1)
    assert snapshot.size == (tmp_path / "s").stat().st_size


def test_every_section_is_aligned(tmp_path: Path) -> None:
    faces = make_up(np.random.default_rng(1), persons=33, dimension=12)
    index = write_snapshot(tmp_path / "s", faces, coded_from=1)
    assert [one.offset % ALIGNMENT for one in index.sections.values()] == [0] * 6


def test_a_delta_keeps_what_it_amends(tmp_path: Path) -> None:
    dropped = tuple(random_uuids(3, np.random.default_rng(2)))
    fields = DeltaFields("base", 70_000, CREATED, {"p:0": "17", "p:1": "18"}, dropped)
    write_snapshot(tmp_path / "d", no_faces(), delta=fields)
    delta = Snapshot.open(tmp_path / "d", verify=True)
    assert delta.index.base == "base"
    assert (delta.index.base_faces, delta.index.base_created) == (70_000, CREATED)
    assert delta.index.marks == {"p:0": "17", "p:1": "18"}
    assert tuple(map(bytes, delta.dropped)) == dropped
    assert len(delta.vectors) == len(delta.face_ids) == 0


@pytest.fixture
def coded_file(tmp_path: Path) -> Path:
    faces = make_up(np.random.default_rng(3), persons=70, dimension=8)
    write_snapshot(tmp_path / "s", faces, coded_from=1)
    return tmp_path / "s"


def test_any_altered_byte_is_noticed_when_everything_is_checked(coded_file: Path) -> None:
    whole = coded_file.read_bytes()
    for place in [*range(0, len(whole), 97), *range(64), *range(len(whole) - 64, len(whole))]:
        altered = bytearray(whole)
        altered[place] ^= 0x10
        coded_file.write_bytes(altered)
        with pytest.raises(TornSnapshot):
            Snapshot.open(coded_file, verify=True)


def test_padding_is_checked_too(coded_file: Path) -> None:
    index = Snapshot.open(coded_file, verify=True).index
    ends = [one.offset + one.length for one in index.sections.values()]
    gaps = [end for end in ends[:-1] if end % ALIGNMENT]
    assert gaps
    whole = bytearray(coded_file.read_bytes())
    whole[gaps[0]] = 1
    coded_file.write_bytes(whole)
    with pytest.raises(TornSnapshot):
        Snapshot.open(coded_file, verify=True)


@pytest.mark.parametrize("verify", [True, False])
def test_a_file_that_was_cut_anywhere_is_refused(coded_file: Path, verify: bool) -> None:
    whole = coded_file.read_bytes()
    for length in [*range(0, len(whole), 211), 1, 63, 64, 127, len(whole) - 1]:
        coded_file.write_bytes(whole[:length])
        with pytest.raises(TornSnapshot):
            Snapshot.open(coded_file, verify=verify)


def test_a_file_with_something_appended_is_refused(coded_file: Path) -> None:
    coded_file.write_bytes(coded_file.read_bytes() + bytes(64))
    with pytest.raises(TornSnapshot):
        Snapshot.open(coded_file, verify=False)


@pytest.mark.parametrize("section", ["codes", "codebooks"])
def test_opening_again_checks_the_codes(coded_file: Path, section: str) -> None:
    place = Snapshot.open(coded_file, verify=True).index.sections[section].offset
    whole = bytearray(coded_file.read_bytes())
    whole[place] ^= 1
    coded_file.write_bytes(whole)
    with pytest.raises(TornSnapshot, match=section):
        Snapshot.open(coded_file, verify=False)


def test_another_format_version_is_refused(coded_file: Path) -> None:
    whole = bytearray(coded_file.read_bytes())
    whole[8] += 1
    coded_file.write_bytes(whole)
    with pytest.raises(TornSnapshot, match=f"format {FORMAT_VERSION + 1}"):
        Snapshot.open(coded_file, verify=False)


def test_two_halves_of_different_snapshots_are_refused(tmp_path: Path, coded_file: Path) -> None:
    write_snapshot(
        tmp_path / "t", make_up(np.random.default_rng(4), persons=70, dimension=8), coded_from=1
    )
    one, other = coded_file.read_bytes(), (tmp_path / "t").read_bytes()
    coded_file.write_bytes(one[: len(one) // 2] + other[len(other) - len(one) + len(one) // 2 :])
    with pytest.raises(TornSnapshot):
        Snapshot.open(coded_file, verify=True)


def test_a_footer_that_points_elsewhere_is_refused(coded_file: Path) -> None:
    whole = bytearray(coded_file.read_bytes())
    fields = list(FOOTER.unpack_from(whole, len(whole) - FOOTER.size))
    fields[0], fields[1] = 0, len(whole) - FOOTER.size
    FOOTER.pack_into(whole, len(whole) - FOOTER.size, *fields)
    coded_file.write_bytes(whole)
    with pytest.raises(TornSnapshot):
        Snapshot.open(coded_file, verify=False)


def test_a_writer_that_was_not_finished_leaves_no_file(tmp_path: Path) -> None:
    faces = make_up(np.random.default_rng(5), persons=2)
    with (
        pytest.raises(KeyboardInterrupt),
        SnapshotWriter(tmp_path / "s", model="m", dimension=32, created=CREATED) as writer,
    ):
        writer.add(faces.person_ids[0], faces.face_ids[0], faces.vectors[0])
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_persons_out_of_order_and_other_dimensions_are_refused(tmp_path: Path) -> None:
    faces = make_up(np.random.default_rng(6), persons=2, most_faces=1)
    with SnapshotWriter(tmp_path / "s", model="m", dimension=32, created=CREATED) as writer:
        writer.add(faces.person_ids[1], faces.face_ids[1], faces.vectors[1])
        with pytest.raises(ValueError, match="order"):
            writer.add(faces.person_ids[0], faces.face_ids[0], faces.vectors[0])
        with pytest.raises(ValueError, match="shape"):
            writer.add(faces.person_ids[1], faces.face_ids[0], faces.vectors[0][:16])


def test_a_snapshot_outlives_the_name_of_its_file(tmp_path: Path) -> None:
    faces: MadeUpFaces = make_up(np.random.default_rng(7), persons=50)
    write_snapshot(tmp_path / "s", faces)
    snapshot = Snapshot.open(tmp_path / "s", verify=False)
    (tmp_path / "s").unlink()
    assert snapshot.vectors.tobytes() == faces.vectors.tobytes()
