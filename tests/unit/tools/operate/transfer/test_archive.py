"""Invalid files are rejected before anything is done with them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.domain.errors import ConfigurationError
from tests.unit.tools.operate.transfer.conftest import Open
from tools.operate.transfer.archive import ArchiveReader, ArchiveWriter, Record
from tools.operate.transfer.importing import Import

RECORDS = [
    Record("people", "i:0", "p.1", {"name": "Ada"}),
    Record("people", "i:0", "f.1.2", {"embedding": "AAAA", "embeddingModel": "m"}),
    Record("collections", "PersonGroup:0", "c.g", {"incarnation": "i"}),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "export.gz"
    with ArchiveWriter(path, 1) as archive:
        for record in RECORDS:
            archive.write(record)
        archive.finish()
    return path


def lines(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).splitlines(keepends=True)


def test_a_file_reads_as_it_was_written(file: Path) -> None:
    reader = ArchiveReader(file)

    contents = reader.check()

    assert list(reader.records()) == RECORDS
    assert (contents.documents, contents.collections, contents.faces) == (3, 1, 1)
    assert contents.models == ("m",)


def test_a_file_that_was_not_finished_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "export.gz"
    with ArchiveWriter(path, 1) as archive:
        archive.write(RECORDS[0])

    assert list(tmp_path.iterdir()) == []


DAMAGES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "a line is missing": lambda found: [found[0], *found[2:]],
    "a line is there twice": lambda found: [*found[:2], *found[1:]],
    "lines changed places": lambda found: [found[0], found[2], found[1], *found[3:]],
    "a value is another": lambda found: [line.replace(b"Ada", b"Eve") for line in found],
    "the end is missing": lambda found: found[:-1],
    "there is more after the end": lambda found: [*found, found[-1]],
    "it is another format": lambda found: [b'{"format":"x"}\n', *found[1:]],
    "a line is no JSON": lambda found: [*found[:2], b"{\n", *found[2:]],
    "a line does not end": lambda found: [*found[:-1], found[-1].rstrip()],
    "it is empty": lambda _: [],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_changed_file_is_refused(file: Path, damage: str) -> None:
    file.write_bytes(gzip.compress(b"".join(DAMAGES[damage](lines(file)))))

    with pytest.raises(ConfigurationError, match="damaged"):
        ArchiveReader(file).check()


def test_no_byte_of_a_file_may_change_or_be_cut_off(file: Path) -> None:
    whole = file.read_bytes()
    for place in range(12, len(whole), 7):
        file.write_bytes(whole[:place])
        with pytest.raises(ConfigurationError):
            ArchiveReader(file).check()
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x5A]) + whole[place + 1 :])
        with pytest.raises(ConfigurationError):
            ArchiveReader(file).check()


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="missing"):
        ArchiveReader(tmp_path / "nothing.gz").check()


def test_a_later_format_is_refused(file: Path) -> None:
    found = lines(file)
    found[0] = found[0].replace(b'"formatVersion":1', b'"formatVersion":2')
    file.write_bytes(gzip.compress(b"".join(found)))

    with pytest.raises(ConfigurationError, match="Use a newer version"):
        ArchiveReader(file).check()


def test_a_file_of_a_newer_schema_is_refused(sqlite: Open, tmp_path: Path) -> None:
    path = tmp_path / "export.gz"
    with ArchiveWriter(path, 99) as archive:
        archive.finish()

    with pytest.raises(ConfigurationError, match="schema version 99"):
        Import(sqlite("store"), path, models=frozenset())
