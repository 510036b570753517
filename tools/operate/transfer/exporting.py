"""Exports a store: everything persistent, and nothing that was deleted.

Detected faces, sessions and records of uploads expire and are not exported, nor are snapshots,
which training creates. The directory comes before the dynamic groups, whose members it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shared.api.resources.lineament.archive import encoded_lines
from shared.domain.collections import DYNAMIC_PERSON_GROUP, KINDS, CollectionKey, CollectionKind
from shared.domain.directory import DirectoryScope
from shared.domain.face.recognition import SearchScope
from shared.services.archive.archive import Archive
from shared.services.collections.collections import Collections
from tools.operate.transfer.export_file import Contents, ExportWriter

_PAGE = 1_000


def export_everything(archive: Archive, collections: Collections, path: Path) -> Contents:
    """Export all collections and the directory to a file, with embeddings.

    Concurrent writes may or may not be included; for a consistent export, stop the writers. The
    file exists only once it is complete.

    Raises:
        CollectionNotFound: a collection was deleted meanwhile.
        Unavailable: the store cannot be reached.
        OSError: the file cannot be written.
    """
    with ExportWriter(path) as file:
        for scope in _scopes(collections):
            for line in archive_lines(archive, scope):
                file.write(line)
        return file.finish()


def archive_lines(archive: Archive, scope: SearchScope) -> Iterator[bytes]:
    """All lines of a collection, with embeddings."""
    start: str | None = None
    while True:
        page = archive.export_page(scope, start)
        yield from encoded_lines(scope, page.entries, embeddings=True)
        start = page.continuation
        if start is None:
            return


def _scopes(collections: Collections) -> Iterator[SearchScope]:
    yield DirectoryScope()
    for kind in KINDS.values():
        for key in _keys(collections, kind):
            yield DirectoryScope(group=key) if kind is DYNAMIC_PERSON_GROUP else key


def _keys(collections: Collections, kind: CollectionKind) -> Iterator[CollectionKey]:
    start = ""
    while page := collections.page(kind, start=start, top=_PAGE):
        yield from (one.key for one in page)
        start = page[-1].collection_id
