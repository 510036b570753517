"""Training records: one document per collection, in its partition, written only under its ETag."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.domain.collections import CollectionKey
from shared.domain.errors import DocumentConflict
from shared.domain.values import TrainingRecord, TrainingStatus
from shared.storage.documents.store import Document, DocumentContainer, read_time, stored_time
from shared.storage.records.collections.collections import training_key


@dataclass(frozen=True, slots=True)
class StoredTraining:
    """A training record together with the ETag that the next write must name."""

    record: TrainingRecord
    etag: str


class TrainingRecords:
    """Reads and conditionally writes training records."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def find(self, key: CollectionKey) -> StoredTraining | None:
        """The record, or None where the collection was never trained."""
        document = self._container.get(training_key(key))
        return None if document is None else _stored(document)

    def write(
        self, key: CollectionKey, record: TrainingRecord, previous: StoredTraining | None
    ) -> StoredTraining | None:
        """Write a record in place of the previous one.

        Args:
            previous: what was read; None where there was no record.

        Returns:
            The record with its new ETag, or None where another writer has changed or deleted it
            meanwhile.
        """
        try:
            if previous is None:
                document = self._container.create(training_key(key), _body(record))
            else:
                document = self._container.replace(
                    training_key(key), _body(record), etag=previous.etag
                )
        except DocumentConflict:
            return None
        return StoredTraining(record, document.etag)


def _body(record: TrainingRecord) -> dict[str, object]:
    return {
        "incarnation": record.incarnation,
        "run": record.run,
        "status": record.status.value,
        "created": stored_time(record.created),
        "lastAction": stored_time(record.last_action),
        "lastSuccess": _optional(record.last_success),
        "snapshot": record.snapshot,
        "message": record.message,
        "owner": record.owner,
        "leaseExpires": _optional(record.lease_expires),
        "percent": record.percent,
        "attempts": record.attempts,
        "whole": record.whole,
    }


def _optional(moment: datetime | None) -> str | None:
    return None if moment is None else stored_time(moment)


def _stored(document: Document) -> StoredTraining:
    body = document.body
    last_success, lease_expires = body["lastSuccess"], body["leaseExpires"]
    record = TrainingRecord(
        incarnation=body["incarnation"],
        run=body["run"],
        status=TrainingStatus(body["status"]),
        created=read_time(body["created"]),
        last_action=read_time(body["lastAction"]),
        last_success=None if last_success is None else read_time(last_success),
        snapshot=body["snapshot"],
        message=body["message"],
        owner=body["owner"],
        lease_expires=None if lease_expires is None else read_time(lease_expires),
        percent=body["percent"],
        attempts=body["attempts"],
        whole=body["whole"],
    )
    return StoredTraining(record, document.etag)
