"""Tombstones: the ids of deleted persons and faces, as schema 1 stored them.

Chunks of ids, in the partition that holds the marks of schema 2 (`marks.py`). Searches leave out
what they name until the repair that follows the upgrade has replaced them with marks
(`services/deletion/repair`).
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from shared.domain.errors import DocumentMissing
from shared.storage.documents.pages import pages_of
from shared.storage.documents.store import Document, DocumentContainer

_PREFIX = "t."


class TombstoneRecords:
    """Reads and removes tombstones."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def chunks(self, incarnation: str) -> list[Document]:
        """All chunks of a collection."""
        pages = pages_of(self._container, tombstone_partition(incarnation), prefix=_PREFIX)
        return [document for page in pages for document in page]

    def withdraw(self, incarnation: str, ids: Set[str]) -> None:
        """Remove from the chunks the ids of persons and faces that exist."""
        for chunk in self.chunks(incarnation):
            left = [one for one in chunk.body["ids"] if one not in ids]
            if len(left) < len(chunk.body["ids"]):
                # Nothing adds to chunks now: a conflict means an older instance during a rollout.
                self._container.replace(chunk.key, {"ids": left}, etag=chunk.etag)

    def remove(self, chunks: Sequence[Document]) -> None:
        """Remove chunks; those that are already gone are skipped."""
        for chunk in chunks:
            try:
                self._container.delete(chunk.key, etag=chunk.etag)
            except DocumentMissing:
                continue


def read_tombstones(chunk: Document) -> frozenset[str]:
    """The ids of persons and faces in a chunk."""
    return frozenset(chunk.body["ids"])


def tombstone_partition(incarnation: str) -> str:
    """The partition that holds a collection's marks and tombstones."""
    return f"{incarnation}:tombstones"
