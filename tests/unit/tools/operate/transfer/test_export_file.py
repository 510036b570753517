"""Invalid files are rejected before anything is done with them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.domain.errors import ConfigurationError
from tools.operate.transfer.export_file import ExportReader, ExportWriter

LINES = [
    b'{"type":"collection","collection":"persongroups/a"}\n',
    b'{"type":"person","personId":"1","name":"Ada"}\n',
    b'{"type":"face","embeddingModel":"m","embedding":"AAAA"}\n',
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "export.gz"
    with ExportWriter(path) as export:
        for line in LINES:
            export.write(line)
        export.finish()
    return path


def lines(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).splitlines(keepends=True)


def test_a_file_reads_as_it_was_written(file: Path) -> None:
    reader = ExportReader(file)

    contents = reader.check()

    found = list(reader.lines())
    assert [line for _, line in found] == LINES
    assert (found[0][0].type, found[0][0].collection) == ("collection", "persongroups/a")
    assert (contents.collections, contents.persons, contents.faces) == (1, 1, 1)
    assert contents.models == ("m",)


def test_a_file_that_was_not_finished_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "export.gz"
    with ExportWriter(path) as export:
        export.write(LINES[0])

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
        ExportReader(file).check()


def test_no_byte_of_a_file_may_change_or_be_cut_off(file: Path) -> None:
    whole = file.read_bytes()
    for place in range(12, len(whole), 7):
        file.write_bytes(whole[:place])
        with pytest.raises(ConfigurationError):
            ExportReader(file).check()
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x5A]) + whole[place + 1 :])
        with pytest.raises(ConfigurationError):
            ExportReader(file).check()


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="missing"):
        ExportReader(tmp_path / "nothing.gz").check()


@pytest.mark.parametrize("version", [b"1", b"3"])
def test_another_format_is_refused(file: Path, version: bytes) -> None:
    found = lines(file)
    found[0] = found[0].replace(b'"formatVersion":2', b'"formatVersion":' + version)
    file.write_bytes(gzip.compress(b"".join(found)))

    with pytest.raises(ConfigurationError, match="Use the version of the service"):
        ExportReader(file).check()
