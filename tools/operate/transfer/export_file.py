"""The export file: gzip of JSON lines.

The first line is the header, the last has counts and a checksum of all lines before; between them
are the archives of all collections, in the lines of ``/lineament/v1/archive``. It contains names,
userData and embeddings and needs the same protection as the database: it is readable by its owner
only and not encrypted.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from shared.domain.errors import ConfigurationError

_T = TypeVar("_T")

FORMAT = "lineament-export"
FORMAT_VERSION = 2
_LONGEST_LINE = 4_000_000
"""Maximum bytes of a line. The longest has userData of 16,384 characters, or an embedding."""
_FAST = 5


@dataclass(frozen=True, slots=True)
class Contents:
    """Summary of a file.

    Attributes:
        models: the embedding models of the faces, in order of name.
    """

    collections: int
    persons: int
    faces: int
    models: tuple[str, ...]


class LineFacts(msgspec.Struct, rename="camel"):
    """What a line says about itself.

    Attributes:
        collection: of the line that begins an archive.
    """

    type: str
    collection: str = ""
    embedding_model: str | None = None


class _Header(msgspec.Struct, rename="camel"):
    format: str
    format_version: int


class _Trailer(msgspec.Struct, rename="camel"):
    collections: int
    persons: int
    faces: int
    models: list[str]
    sha256: str


_FACTS = msgspec.json.Decoder(LineFacts)


class _Summary:
    """Counts lines."""

    def __init__(self) -> None:
        self._lines: Counter[str] = Counter()
        self._models: set[str] = set()

    def add(self, facts: LineFacts) -> None:
        self._lines[facts.type] += 1
        if facts.embedding_model is not None:
            self._models.add(facts.embedding_model)

    def contents(self) -> Contents:
        found = self._lines
        models = tuple(sorted(self._models))
        return Contents(found["collection"], found["person"], found["face"], models)

    def trailer(self, digest: str) -> _Trailer:
        found = self.contents()
        return _Trailer(found.collections, found.persons, found.faces, list(found.models), digest)


class ExportWriter:
    """Writes a file, which gets its name only when it is complete. A context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(path.name + ".partial")
        self._digest = hashlib.sha256()
        self._summary = _Summary()

    def __enter__(self) -> Self:
        private = os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(private, "wb")
        self._lines = gzip.GzipFile(
            filename="", mode="wb", compresslevel=_FAST, fileobj=self._file, mtime=0
        )
        self._write(msgspec.json.encode(_Header(FORMAT, FORMAT_VERSION)) + b"\n")
        return self

    def write(self, line: bytes) -> None:
        """Add a line of an archive, with its line feed."""
        self._summary.add(_FACTS.decode(line))
        self._write(line)

    def finish(self) -> Contents:
        """Complete the file and give it its name."""
        trailer = self._summary.trailer(self._digest.hexdigest())
        self._write(msgspec.json.encode(trailer) + b"\n")
        self._lines.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._partial.replace(self._path)
        return self._summary.contents()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lines.close()
        self._file.close()
        self._partial.unlink(missing_ok=True)

    def _write(self, line: bytes) -> None:
        self._digest.update(line)
        self._lines.write(line)


class ExportReader:
    """Reads a file written by ``ExportWriter``.

    Raises:
        ConfigurationError: from every method, if the file is not an export, is damaged, or has
            another format.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def check(self) -> Contents:
        """Read the whole file and check it against its last line."""
        digest, summary, last = hashlib.sha256(), _Summary(), b""
        for number, line in enumerate(self._read()):
            digest.update(last)
            if number > 1:
                summary.add(self._facts(last))
            last = line
        if not last or self._decode(last, _Trailer) != summary.trailer(digest.hexdigest()):
            raise self._damaged()
        return summary.contents()

    def lines(self) -> Iterator[tuple[LineFacts, bytes]]:
        """The lines of the archives, in the order in which they were written."""
        waiting: bytes | None = None
        for number, line in enumerate(self._read()):
            if number == 0:
                continue
            if waiting is not None:
                yield self._facts(waiting), waiting
            waiting = line

    def _check_header(self, line: bytes) -> None:
        header = self._decode(line, _Header)
        if header.format != FORMAT:
            raise self._damaged()
        if header.format_version != FORMAT_VERSION:
            raise ConfigurationError(
                f"{self._path} has export format {header.format_version}, this version knows"
                f" {FORMAT_VERSION}. Use the version of the service that wrote the file."
            )

    def _read(self) -> Iterator[bytes]:
        """All lines; the first one is the header."""
        try:
            with gzip.open(self._path, "rb") as lines:
                for number, line in enumerate(self._lines_of(lines)):
                    if number == 0:
                        self._check_header(line)
                    yield line
        except (OSError, EOFError, zlib.error) as error:
            raise self._damaged() from error

    def _lines_of(self, lines: gzip.GzipFile) -> Iterator[bytes]:
        while line := lines.readline(_LONGEST_LINE):
            if not line.endswith(b"\n"):
                raise self._damaged()
            yield line

    def _facts(self, line: bytes) -> LineFacts:
        return self._decode(line, LineFacts)

    def _decode(self, line: bytes, kind: type[_T]) -> _T:
        try:
            return msgspec.json.decode(line, type=kind)
        except msgspec.DecodeError as error:
            raise self._damaged() from error

    def _damaged(self) -> ConfigurationError:
        return ConfigurationError(
            f"{self._path} is missing, not an export of this service, or damaged. Export again."
        )
