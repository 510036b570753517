"""The bytes of a snapshot file, read here by the description of the format alone."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.gallery.normalisation.cohort import Cohort, draw_persons
from shared.gallery.normalisation.figures import figures_of
from shared.gallery.snapshots.format import TornSnapshot
from shared.gallery.snapshots.mapped import Snapshot
from shared.gallery.snapshots.writer import DeltaFields
from tests.unit.gallery.made_up_faces import (
    CREATED,
    MadeUpFaces,
    make_up,
    no_faces,
    random_uuids,
    write_snapshot,
)

SALT = b"salt of sixteen."
FACES = make_up(np.random.default_rng(8), persons=60, most_faces=4, dimension=12)
BEGINS = [row for row, one in enumerate(FACES.person_ids) if one not in FACES.person_ids[:row]]
PERSONS = len(BEGINS)
OFFSETS = np.array([*BEGINS, len(FACES.person_ids)])
OF_DELTAS = ("dropped", "cohort_persons")


def index_of(content: bytes) -> dict[str, Any]:
    """The index of a file, by its footer."""
    offset, length, digest, magic, zeros = struct.unpack("<QQ32s8s8s", content[-64:])
    encoded = content[offset : offset + length]
    assert offset + length + 64 == len(content)
    assert (magic, zeros) == (b"LINEAMNT", bytes(8))
    assert hashlib.sha256(encoded).digest() == digest
    found: dict[str, Any] = json.loads(encoded)
    return found


def sections_of(content: bytes) -> dict[str, bytes]:
    """The sections of a file, which lie side by side at multiples of 64 with zeros between."""
    assert content[:64] == b"LINEAMNT" + struct.pack("<I", 3) + bytes(52)
    position, found = 64, {}
    for name, section in index_of(content)["sections"].items():
        assert section["offset"] == position + -position % 64
        assert not any(content[position : section["offset"]])
        position = section["offset"] + section["length"]
        found[name] = content[section["offset"] : position]
        assert hashlib.sha256(found[name]).hexdigest() == section["sha256"]
    assert position == struct.unpack("<Q", content[-64:-56])[0]
    return found


@pytest.mark.parametrize("salt", [None, SALT], ids=["raw", "normalised"])
@pytest.mark.parametrize("coded", [False, True], ids=["plain", "coded"])
def test_a_whole_snapshot_has_these_bytes(tmp_path: Path, salt: bytes | None, coded: bool) -> None:
    path = tmp_path / "s"
    write_snapshot(path, FACES, coded_from=len(FACES.face_ids) if coded else 10**9, salt=salt)
    content = path.read_bytes()
    index, sections = index_of(content), sections_of(content)

    names = ["vectors", "face_ids", "person_ids", "person_offsets"]
    names += ["cohort", "face_means", "person_means", "person_lengths"] if salt else []
    names += ["codebooks", "codes"] if coded else []
    assert list(sections) == names
    assert index.keys() - {"codes", "cohort"} == {
        *("model", "dimension", "faces", "persons", "created", "sections")
    }
    assert (index["model"], index["dimension"]) == ("made-up", 12)
    assert (index["faces"], index["persons"]) == (len(FACES.face_ids), PERSONS)
    assert index["created"] == "2026-11-22T12:00:00Z"
    assert sections["vectors"] == FACES.vectors.tobytes()
    assert sections["face_ids"] == b"".join(FACES.face_ids)
    assert sections["person_ids"] == b"".join(FACES.person_ids[row] for row in BEGINS)
    assert sections["person_offsets"] == OFFSETS.astype("<u4").tobytes()
    assert index.get("cohort") == (PERSONS if salt else None)
    if salt:
        check_cohort(sections)
    if coded:
        components = 12 + (4 if salt else 0)
        blocks = -(-len(FACES.face_ids) // 128)
        assert len(sections["codebooks"]) == components // 2 * 16 * 2 * 4
        assert len(sections["codes"]) == blocks * 128 * components // 2 // 2
        assert index["codes"].keys() == {"scale", "error", "middle", "deviation"}
    opened = Snapshot.open(path, verify=True)
    assert (opened.figures is not None, opened.coded is not None) == (salt is not None, coded)


@pytest.mark.parametrize("of_delta", [False, True])
def test_handicaps_are_a_section_where_faces_have_them(tmp_path: Path, of_delta: bool) -> None:
    handicaps = np.linspace(-0.1, 0.1, len(FACES.face_ids)).astype(np.float32)
    fields = DeltaFields("base", 70_000, CREATED) if of_delta else None
    faces = replace(FACES, handicaps=handicaps.tolist())
    write_snapshot(tmp_path / "s", faces, salt=SALT, delta=fields)
    sections = sections_of((tmp_path / "s").read_bytes())
    assert list(sections)[3:5] == ["person_offsets", "handicaps"]
    assert sections["handicaps"] == handicaps.astype("<f4").tobytes()
    opened = Snapshot.open(tmp_path / "s", verify=True)
    assert opened.handicaps.tolist() == handicaps.tolist()

    write_snapshot(tmp_path / "plain", FACES, salt=SALT, delta=fields)
    plain = Snapshot.open(tmp_path / "plain", verify=True)
    assert plain.handicaps.tolist() == [0.0] * len(FACES.face_ids)
    if not of_delta:
        assert opened.figures is not None and plain.figures is not None
        assert opened.figures.face_means == pytest.approx(
            plain.figures.face_means + 2 * handicaps, abs=1e-6
        )
        assert opened.figures.person_means == pytest.approx(
            plain.figures.person_means
            + 2 * np.add.reduceat(handicaps, OFFSETS[:-1]) / np.diff(OFFSETS),
            abs=1e-6,
        )


def check_cohort(sections: dict[str, bytes]) -> None:
    """All persons are the cohort, with their first faces; the figures are those of all faces."""
    ids = np.frombuffer(sections["person_ids"], np.uint8).reshape(-1, 16)
    assert draw_persons(ids, SALT).tolist() == list(range(PERSONS))
    assert sections["cohort"] == np.array(BEGINS, "<u4").tobytes()
    cohort = Cohort(FACES.vectors[BEGINS], [FACES.person_ids[row] for row in BEGINS])
    figures = figures_of(FACES.vectors, OFFSETS, cohort, np.arange(PERSONS))
    for name in ("face_means", "person_means", "person_lengths"):
        found = np.frombuffer(sections[name], "<f4")
        assert found == pytest.approx(getattr(figures, name), abs=1e-6)


def test_a_delta_has_these_bytes_beside(tmp_path: Path) -> None:
    dropped = tuple(random_uuids(3, np.random.default_rng(9)))
    members = tuple(random_uuids(5, np.random.default_rng(10)))
    fields = DeltaFields("base", 70_000, CREATED, {"p:0": "17"}, dropped, 900, members)
    write_snapshot(tmp_path / "d", FACES, delta=fields, salt=SALT)
    content = (tmp_path / "d").read_bytes()
    index, sections = index_of(content), sections_of(content)
    assert list(sections)[-2:] == list(OF_DELTAS)
    assert "cohort" not in sections
    assert sections["dropped"] == b"".join(dropped)
    assert sections["cohort_persons"] == b"".join(members)
    assert index["base"] == "base"
    assert (index["baseFaces"], index["basePersons"]) == (70_000, 900)
    assert index["baseCreated"] == "2026-11-22T12:00:00Z"
    assert index["marks"] == {"p:0": "17"}


def test_the_fields_of_a_delta_come_from_its_base_and_go_on_to_the_next(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "b", FACES, salt=SALT)
    base = Snapshot.open(tmp_path / "b", verify=True)
    first = DeltaFields.of("version", base, {"p:0": "17"})
    assert (first.base, first.base_faces, first.base_persons) == (
        "version",
        len(FACES.face_ids),
        PERSONS,
    )
    assert (first.base_created, first.marks, first.dropped) == (CREATED, {"p:0": "17"}, ())
    assert first.cohort_persons == tuple(FACES.person_ids[row] for row in BEGINS)
    assert DeltaFields("version", 1, CREATED).base_persons == 0
    dropped = tuple(random_uuids(2, np.random.default_rng(11)))
    stored = DeltaFields(
        first.base, first.base_faces, CREATED, first.marks, dropped, PERSONS, first.cohort_persons
    )
    write_snapshot(tmp_path / "d", no_faces(12), delta=stored)
    assert DeltaFields.next_after(Snapshot.open(tmp_path / "d", verify=True)) == stored


def sealed(content: bytes, index: bytes) -> bytes:
    """A file with another index, whose footer is right."""
    (offset,) = struct.unpack("<Q", content[-64:-56])
    digest = hashlib.sha256(index).digest()
    footer = struct.pack("<QQ32s8s8s", offset, len(index), digest, b"LINEAMNT", bytes(8))
    return content[:offset] + index + footer


def changed(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def apply(content: bytes) -> bytes:
        index = index_of(content)
        change(index)
        return sealed(content, json.dumps(index).encode())

    return apply


def section(name: str, member: str, step: int) -> Callable[[dict[str, Any]], object]:
    def change(index: dict[str, Any]) -> None:
        index["sections"][name][member] += step

    return change


def shorter_and_elsewhere(index: dict[str, Any]) -> None:
    """The last section is said to be of less than nothing."""
    index["sections"]["cohort_persons"]["length"] = -1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: sealed(content, b"{"), "cannot be read"),
        (changed(lambda index: index.update(faces=-1)), "negative count"),
        (changed(lambda index: index.update(persons=-1)), "negative count"),
        (changed(lambda index: index.update(dimension=0)), "negative count"),
        (changed(lambda index: index["sections"].pop("face_ids")), "lacks a section"),
        (changed(lambda index: index.update(cohort=3)), "lacks a section"),
        (changed(lambda index: index.update(faces=2)), "'vectors' is not where"),
        (changed(lambda index: index.update(persons=2)), "'person_ids' is not where"),
        (changed(section("face_ids", "offset", 64)), "'face_ids' is not where"),
        (changed(section("face_ids", "length", 1)), "'face_ids' is not where"),
        (changed(section("dropped", "length", 64)), "'cohort_persons' is not where"),
        (changed(section("cohort_persons", "length", 16)), "index is not where"),
        (changed(shorter_and_elsewhere), "'cohort_persons' is not where"),
        (changed(lambda index: index["sections"].pop("cohort_persons")), "index is not where"),
    ],
)
def test_a_sealed_index_that_contradicts_the_file_is_refused(
    tmp_path: Path, change: Callable[[bytes], bytes], message: str
) -> None:
    path = tmp_path / "d"
    members = tuple(random_uuids(5, np.random.default_rng(12)))
    fields = DeltaFields("base", 1, CREATED, cohort_persons=members)
    write_snapshot(path, few_faces(), delta=fields)
    content = path.read_bytes()
    path.write_bytes(sealed(content, json.dumps(index_of(content)).encode()))
    assert Snapshot.open(path, verify=True).index.faces == 3
    path.write_bytes(change(content))
    with pytest.raises(TornSnapshot, match=message):
        Snapshot.open(path, verify=False)


@pytest.mark.parametrize(
    "name",
    ["cohort", "face_means", "person_means", "person_lengths", "codebooks", "codes"],
)
def test_a_snapshot_that_lacks_a_section_of_its_cohort_or_codes_is_refused(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "s"
    write_snapshot(path, FACES, coded_from=1, salt=SALT)
    content = path.read_bytes()
    path.write_bytes(changed(lambda index: index["sections"].pop(name))(content))
    with pytest.raises(TornSnapshot, match="lacks a section"):
        Snapshot.open(path, verify=False)


def test_handicaps_of_other_faces_than_the_file_has_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s"
    write_snapshot(path, replace(few_faces(), handicaps=[0.1, 0.2, 0.3]))
    content = path.read_bytes()
    path.write_bytes(changed(section("handicaps", "length", -4))(content))
    with pytest.raises(TornSnapshot, match="'handicaps' is not where"):
        Snapshot.open(path, verify=False)


def few_faces() -> MadeUpFaces:
    """Three faces of three persons."""
    return make_up(np.random.default_rng(13), persons=3, most_faces=1, dimension=4)


def test_the_smallest_snapshots_are_read(tmp_path: Path) -> None:
    one = make_up(np.random.default_rng(14), persons=1, most_faces=1, dimension=1)
    write_snapshot(tmp_path / "one", one)
    assert Snapshot.open(tmp_path / "one", verify=True).vectors.shape == (1, 1)
    write_snapshot(tmp_path / "none", no_faces(4))
    empty = Snapshot.open(tmp_path / "none", verify=True)
    assert (empty.vectors.shape, empty.persons_of_all().shape) == ((0, 4), (0, 16))
    assert (empty.index.base_faces, empty.index.base_persons) == (0, 0)
    assert (empty.figures, empty.coded, empty.cohort_members()) == (None, None, ())
