"""Which results of uploads name which persons and faces, so that a deletion can rewrite them.

One document per result and id, named ``<id>.<digest of the result's name>``, in partitions that
hold nothing else. It is written before the result and expires after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from shared.domain.errors import DocumentConflict, DocumentExists, DocumentMissing
from shared.storage.documents.store import MAXIMUM_KEYS, Body, Document, DocumentContainer, Key
from shared.storage.layout import BUCKETS


@dataclass(frozen=True, slots=True)
class NamedResult:
    """A result that may name a person or face.

    Attributes:
        named_id: a personId or persistedFaceId.
        result: the name of the result's blob.
    """

    named_id: str
    result: str


class NamedResultRecords:
    """Stores which results name which persons and faces.

    Args:
        time_to_live: of an entry, in seconds; longer than that of a result.
    """

    def __init__(self, container: DocumentContainer, *, time_to_live: int) -> None:
        self._container = container
        self._time_to_live = time_to_live

    def add(self, incarnation: str, result: str, named_ids: Iterable[str]) -> None:
        """Store that a result names these persons and faces of a collection."""
        entries = [(_key(incarnation, one, result), {"result": result}) for one in named_ids]
        for begin in range(0, len(entries), MAXIMUM_KEYS):
            some = entries[begin : begin + MAXIMUM_KEYS]
            created = self._container.create_many(some, ttl=self._time_to_live)
            for (key, body), new in zip(some, created, strict=True):
                if not new:
                    self._renew(key, body)

    def of(self, incarnation: str, named_id: str) -> list[NamedResult]:
        """Up to 1,000 results that name a person or face."""
        partition = _partition(incarnation, named_id)
        found = self._container.page(partition, prefix=f"{named_id}.")
        return [_named(document) for document in found]

    def some(self, incarnation: str, *, limit: int) -> list[NamedResult]:
        """Up to ``limit`` results that name anything in a collection; empty if there are none."""
        for bucket in BUCKETS:
            found = self._container.page(_partition(incarnation, bucket), limit=limit)
            if found:
                return [_named(document) for document in found]
        return []

    def remove(self, incarnation: str, entries: Sequence[NamedResult]) -> None:
        """Remove entries."""
        for one in entries:
            with suppress(DocumentConflict):
                self._container.delete(_key(incarnation, one.named_id, one.result))

    def _renew(self, key: Key, body: Body) -> None:
        """Restart an entry's time to live, even if it expires or is removed at this moment."""
        while True:
            try:
                self._container.replace(key, body, ttl=self._time_to_live)
            except DocumentMissing:
                with suppress(DocumentExists):
                    self._container.create(key, body, ttl=self._time_to_live)
                    return
            else:
                return


def _partition(incarnation: str, named_id: str) -> str:
    return f"named:{incarnation}:{named_id[0]}"


def _key(incarnation: str, named_id: str, result: str) -> Key:
    digest = hashlib.sha256(result.encode()).hexdigest()
    return Key(_partition(incarnation, named_id), f"{named_id}.{digest}")


def _named(document: Document) -> NamedResult:
    return NamedResult(document.key.id.partition(".")[0], document.body["result"])
