"""Long-running operations: what they asked for is done before the caller hears of them.

Azure's directory finishes such work later. Here it is finished when the call returns, so that the
operation that the caller polls has succeeded from its first look on. Its record is written last: an
operation that is on record was carried out to its end.
"""

from __future__ import annotations

from datetime import datetime

from shared.domain.clock import Clock
from shared.domain.directory import FinishedOperation
from shared.domain.errors import OperationNotFound
from shared.domain.identifiers import IdFactory
from shared.storage.records.operations import OperationRecords


class Operations:
    """Keeps the record of long-running operations for seven days."""

    def __init__(self, records: OperationRecords, new_id: IdFactory, clock: Clock) -> None:
        self._records = records
        self._new_id = new_id
        self._clock = clock

    def begin(self) -> datetime:
        """The moment at which an operation begins."""
        return self._clock.now()

    def finish(self, begun: datetime, resource: str | None = None) -> str:
        """Record an operation that is done; answers its id.

        Args:
            resource: path of what it made or changed, below ``/face/{version}/``.
        """
        operation = FinishedOperation(self._new_id(), begun, self._clock.now(), resource)
        self._records.add(operation)
        return operation.operation_id

    def get(self, operation_id: str) -> FinishedOperation:
        """The operation.

        Raises:
            OperationNotFound: it is unknown, or more than seven days old.
        """
        operation = self._records.find(operation_id)
        if operation is None:
            raise OperationNotFound
        return operation
