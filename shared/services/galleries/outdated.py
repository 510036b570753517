"""Snapshots of an older format: searched as they are until they are rewritten."""

from __future__ import annotations

from shared.domain.collections import LARGE_PERSON_GROUP, PERSON_GROUP
from shared.domain.values import Collection
from shared.services.messages import ErasureMessage, encode
from shared.storage.account.queues import QueueSender
from shared.storage.layout import ERASURE_QUEUE

_OF_PERSONS = (PERSON_GROUP, LARGE_PERSON_GROUP)


class OutdatedSnapshots:
    """Has outdated snapshots of persons rewritten, from their own vectors.

    A training would read the documents instead, and so make findable what was not trained yet.
    """

    def __init__(self, queues: QueueSender) -> None:
        self._queues = queues
        self._reported: set[str] = set()

    def report(self, collection: Collection, version: str) -> None:
        """Queue the rewriting of a version, once a process."""
        if collection.kind in _OF_PERSONS and version not in self._reported:
            self._reported.add(version)
            self._queues.send(ERASURE_QUEUE, encode(ErasureMessage.of_format(collection)))
