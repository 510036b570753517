"""Counts the persons of all groups of a kind, in sixteen documents per kind.

A counter is written after the document that it counts: a crash in between leaves it inexact. It is
a limit, not an account.
"""

from __future__ import annotations

from contextlib import suppress

from shared.domain.collections import CollectionKind
from shared.domain.errors import DocumentExists, DocumentMissing
from shared.storage.documents.store import DocumentContainer, Key
from shared.storage.layout import BUCKETS

_COUNTER = "n.persons"
_MEMBER = "persons"


class PersonCounters:
    """Counts persons over all groups of a kind."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def add(self, kind: CollectionKind, person_id: str, change: int) -> None:
        """Add to the counter, or subtract with a negative change.

        Args:
            person_id: any person's or collection's UUID; selects one of the documents.
        """
        key = _key(kind, person_id[0])
        try:
            self._container.increment(key, _MEMBER, change)
        except DocumentMissing:
            with suppress(DocumentExists):
                self._container.create(key, {_MEMBER: 0})
            self._container.increment(key, _MEMBER, change)

    def total(self, kind: CollectionKind) -> int:
        """The number of persons."""
        found = self._container.get_many([_key(kind, shard) for shard in BUCKETS])
        return sum(document.body[_MEMBER] for document in found if document is not None)


def _key(kind: CollectionKind, shard: str) -> Key:
    return Key(f"{kind.name}:{shard}", _COUNTER)
