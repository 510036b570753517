"""The export file: gzip of JSON lines.

The first line is the header, the last has counts and a checksum of all lines before; each line
between is one document. It contains names, userData and embeddings and needs the same protection as
the database: it is readable by its owner only and not encrypted.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from shared.domain.errors import ConfigurationError
from shared.storage.layout import COLLECTIONS

_T = TypeVar("_T")

FORMAT = "lineament-export"
FORMAT_VERSION = 1
_LONGEST_LINE = 4_000_000
"""Maximum bytes of a line. A document has at most 2 MB of JSON, plus its key."""
_FAST = 5


@dataclass(frozen=True, slots=True)
class Record:
    """One document of the file, with its container."""

    container: str
    partition: str
    id: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Contents:
    """Summary of a file.

    Attributes:
        schema_version: of every document.
        documents: number of documents.
        collections: number of documents that are collections.
        faces: number of documents that are persisted faces.
        models: the embedding models of the faces, in order of name.
    """

    schema_version: int
    documents: int
    collections: int
    faces: int
    models: tuple[str, ...]


def is_collection(record: Record) -> bool:
    """Whether the record is a collection's own document, which makes the rest visible."""
    return record.container == COLLECTIONS.name


class _Header(msgspec.Struct, rename="camel"):
    format: str
    format_version: int
    schema_version: int


class _Trailer(msgspec.Struct, rename="camel"):
    documents: int
    collections: int
    faces: int
    models: list[str]
    sha256: str


class _Summary:
    """Counts documents."""

    def __init__(self) -> None:
        self._documents = self._collections = self._faces = 0
        self._models: set[str] = set()

    def add(self, record: Record) -> None:
        self._documents += 1
        self._collections += is_collection(record)
        model = record.body.get("embeddingModel")
        if model is not None:
            self._faces += 1
            self._models.add(model)

    def trailer(self, digest: str) -> _Trailer:
        counts = self._documents, self._collections, self._faces
        return _Trailer(*counts, sorted(self._models), digest)

    def contents(self, schema_version: int) -> Contents:
        counts = self._documents, self._collections, self._faces
        return Contents(schema_version, *counts, tuple(sorted(self._models)))


class ArchiveWriter:
    """Writes a file, which gets its name only when it is complete. A context manager."""

    def __init__(self, path: Path, schema_version: int) -> None:
        self._path = path
        self._partial = path.with_name(path.name + ".partial")
        self._schema_version = schema_version
        self._digest = hashlib.sha256()
        self._summary = _Summary()

    def __enter__(self) -> Self:
        private = os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(private, "wb")
        self._lines = gzip.GzipFile(
            filename="", mode="wb", compresslevel=_FAST, fileobj=self._file, mtime=0
        )
        self._line(_Header(FORMAT, FORMAT_VERSION, self._schema_version))
        return self

    def write(self, record: Record) -> None:
        """Add a document."""
        self._summary.add(record)
        self._line(record)

    def finish(self) -> Contents:
        """Complete the file and give it its name."""
        self._line(self._summary.trailer(self._digest.hexdigest()))
        self._lines.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._partial.replace(self._path)
        return self._summary.contents(self._schema_version)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lines.close()
        self._file.close()
        self._partial.unlink(missing_ok=True)

    def _line(self, value: object) -> None:
        line = msgspec.json.encode(value) + b"\n"
        self._digest.update(line)
        self._lines.write(line)


class ArchiveReader:
    """Reads a file written by ``ArchiveWriter``.

    Raises:
        ConfigurationError: from every method, if the file is not an export, is damaged, or has a
            later format.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def check(self) -> Contents:
        """Read the whole file and check it against its last line."""
        digest, header, last = hashlib.sha256(), None, b""
        for line in self._read():
            digest.update(last)
            header, last = header or self._header(line), line
        if header is None:
            raise self._damaged()
        summary = _Summary()
        for record in self.records():
            summary.add(record)
        if self._decode(last, _Trailer) != summary.trailer(digest.hexdigest()):
            raise self._damaged()
        return summary.contents(header.schema_version)

    def records(self) -> Iterator[Record]:
        """The documents, in the order in which they were written."""
        waiting: bytes | None = None
        for number, line in enumerate(self._read()):
            if number == 0:
                self._header(line)
                continue
            if waiting is not None:
                yield self._decode(waiting, Record)
            waiting = line

    def _header(self, line: bytes) -> _Header:
        header = self._decode(line, _Header)
        if header.format != FORMAT:
            raise self._damaged()
        if header.format_version > FORMAT_VERSION:
            raise ConfigurationError(
                f"{self._path} has export format {header.format_version}, this version knows"
                f" {FORMAT_VERSION}. Use a newer version."
            )
        return header

    def _read(self) -> Iterator[bytes]:
        try:
            with gzip.open(self._path, "rb") as lines:
                yield from self._lines_of(lines)
        except (OSError, EOFError, zlib.error) as error:
            raise self._damaged() from error

    def _lines_of(self, lines: gzip.GzipFile) -> Iterator[bytes]:
        while line := lines.readline(_LONGEST_LINE):
            if not line.endswith(b"\n"):
                raise self._damaged()
            yield line

    def _decode(self, line: bytes, kind: type[_T]) -> _T:
        try:
            return msgspec.json.decode(line, type=kind)
        except msgspec.DecodeError as error:
            raise self._damaged() from error

    def _damaged(self) -> ConfigurationError:
        return ConfigurationError(
            f"{self._path} is missing, not an export of this service, or damaged. Export again."
        )
