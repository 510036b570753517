"""Packs writes into as few batches as possible."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shared.storage.documents.store import (
    MAXIMUM_BATCH_OPERATIONS,
    Delete,
    DocumentContainer,
    Operation,
)

_MOST_BYTES = 1_500_000
"""Bytes of JSON per batch; leaves room below 2 MB for the envelope of a hundred operations."""


class BatchPacker:
    """Collects operations of several partitions and writes a batch whenever one is full.

    Only operations that are added together are atomic.
    """

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container
        self._waiting: dict[str, list[Operation]] = {}
        self._bytes: dict[str, int] = {}

    def add(self, partition: str, operations: Sequence[Operation]) -> None:
        """Add operations that belong together, at most 100 and 1.5 MB.

        Raises:
            DocumentExists, DocumentMissing, DocumentChanged: a full batch was not applied.
        """
        size = sum(map(_bytes_of, operations))
        waiting = self._waiting.setdefault(partition, [])
        is_full = (
            len(waiting) + len(operations) > MAXIMUM_BATCH_OPERATIONS
            or self._bytes.get(partition, 0) + size > _MOST_BYTES
        )
        if waiting and is_full:
            self._write(partition)
        self._waiting[partition] = [*self._waiting.get(partition, []), *operations]
        self._bytes[partition] = self._bytes.get(partition, 0) + size

    def finish(self) -> None:
        """Write what is left.

        Raises:
            DocumentExists, DocumentMissing, DocumentChanged: a batch was not applied.
        """
        for partition in list(self._waiting):
            self._write(partition)

    def _write(self, partition: str) -> None:
        operations = self._waiting.pop(partition)
        self._bytes.pop(partition, None)
        self._container.batch(partition, operations)


def _bytes_of(operation: Operation) -> int:
    return 0 if isinstance(operation, Delete) else len(msgspec.json.encode(operation.body))
