"""Tombstones: the ids of persons and faces that were deleted since the last training.

They hold ids only, in chunks, in a partition of their own, and go with the next training. Chunks
are numbered downwards, so that the newest is the first of the partition and found alone.
"""

from __future__ import annotations

from collections.abc import Collection as Ids
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.domain.errors import (
    ConcurrentOperation,
    DocumentChanged,
    DocumentConflict,
    DocumentExists,
    DocumentMissing,
)
from shared.storage.documents.store import Document, DocumentContainer, Key

_PREFIX = "t."
_CHUNK = 1_000
_FIRST_CHUNK = 99_999_999
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Tombstones:
    """What searches must leave out.

    Attributes:
        ids: personIds and persistedFaceIds; both are UUIDs, unique over all.
        chunks: the documents that held them, with their ETags.
    """

    ids: frozenset[str] = frozenset()
    chunks: tuple[Document, ...] = ()


class TombstoneRecords:
    """Reads, adds and clears the tombstones of collections."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def read(self, incarnation: str) -> Tombstones:
        """All tombstones of a collection."""
        chunks = tuple(self._chunks(incarnation))
        ids = frozenset(name for chunk in chunks for name in chunk.body["ids"])
        return Tombstones(ids, chunks)

    def add(self, incarnation: str, deleted: str) -> None:
        """Write a tombstone.

        Raises:
            ConcurrentOperation: others were faster every time.
        """
        partition = _partition(incarnation)
        for _ in range(_ATTEMPTS):
            newest = self._container.page(partition, prefix=_PREFIX, limit=1)
            try:
                if newest and len(newest[0].body["ids"]) < _CHUNK:
                    ids = [*newest[0].body["ids"], deleted]
                    self._container.replace(newest[0].key, {"ids": ids}, etag=newest[0].etag)
                else:
                    self._container.create(_key(partition, newest), {"ids": [deleted]})
            except (DocumentChanged, DocumentExists, DocumentMissing):
                continue
            return
        raise ConcurrentOperation(incarnation)

    def clear(self, incarnation: str, read: Tombstones) -> None:
        """Forget the tombstones that were read; those added since stay."""
        for chunk in read.chunks:
            done: Ids[str] = frozenset(chunk.body["ids"])
            for _ in range(_ATTEMPTS):
                current = self._container.get(chunk.key)
                if current is None:
                    break
                left = [name for name in current.body["ids"] if name not in done]
                try:
                    if left:
                        self._container.replace(chunk.key, {"ids": left}, etag=current.etag)
                    else:
                        self._container.delete(chunk.key, etag=current.etag)
                except DocumentConflict:
                    continue
                break
            else:
                raise ConcurrentOperation(incarnation)

    def _chunks(self, incarnation: str) -> Iterator[Document]:
        after = ""
        while documents := self._container.page(
            _partition(incarnation), prefix=_PREFIX, after=after
        ):
            yield from documents
            after = documents[-1].key.id


def _key(partition: str, newest: Sequence[Document]) -> Key:
    """The key of the chunk that comes after the newest."""
    number = int(newest[0].key.id.removeprefix(_PREFIX)) - 1 if newest else _FIRST_CHUNK
    return Key(partition, f"{_PREFIX}{number:08d}")


def tombstone_partition(incarnation: str) -> str:
    """The partition that holds a collection's tombstones."""
    return _partition(incarnation)


def _partition(incarnation: str) -> str:
    return f"{incarnation}:tombstones"
