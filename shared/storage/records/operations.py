"""Long-running operations: one document per operation, in its own partition, for seven days."""

from __future__ import annotations

from shared.domain.directory import FinishedOperation
from shared.storage.documents.store import DocumentContainer, Key, read_time, stored_time

_KIND = "directory"


class OperationRecords:
    """Stores operations."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def add(self, operation: FinishedOperation) -> None:
        """Store an operation.

        Raises:
            DocumentExists: the id exists already.
        """
        body = {
            "kind": _KIND,
            "created": stored_time(operation.created),
            "finished": stored_time(operation.finished),
            "resource": operation.resource,
        }
        self._container.create(Key(operation.operation_id, operation.operation_id), body)

    def find(self, operation_id: str) -> FinishedOperation | None:
        """The operation, or None."""
        document = self._container.get(Key(operation_id, operation_id))
        if document is None or document.body.get("kind") != _KIND:
            return None
        body = document.body
        return FinishedOperation(
            operation_id=operation_id,
            created=read_time(body["created"]),
            finished=read_time(body["finished"]),
            resource=body["resource"],
        )
