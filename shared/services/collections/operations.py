"""Long-running operations of the person directory.

Azure completes such operations after its response, this service before: the operation has succeeded
when the caller first polls it. Its record is written last, so that a recorded operation is
complete.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from shared.domain.clock import Clock
from shared.domain.directory import FinishedOperation
from shared.domain.errors import DocumentExists, OperationNotFound
from shared.domain.identifiers import IdFactory
from shared.storage.records.operations import OperationRecords


class Operations:
    """Records long-running operations for seven days."""

    def __init__(self, records: OperationRecords, new_id: IdFactory, clock: Clock) -> None:
        self._records = records
        self._new_id = new_id
        self._clock = clock

    def begin(self) -> datetime:
        """The start time of an operation."""
        return self._clock.now()

    def finish(self, begun: datetime, resource: str | None = None) -> str:
        """Record a completed operation; returns its id.

        Args:
            resource: path of what it created or changed, below ``/face/{version}/``.
        """
        operation = FinishedOperation(self._new_id(), begun, self._clock.now(), resource)
        with suppress(DocumentExists):
            self._records.add(operation)
        return operation.operation_id

    def get(self, operation_id: str) -> FinishedOperation:
        """Read an operation.

        Raises:
            OperationNotFound: it is unknown, or older than seven days.
        """
        operation = self._records.find(operation_id)
        if operation is None:
            raise OperationNotFound
        return operation
