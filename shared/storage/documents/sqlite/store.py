"""The document store on SQLite, for one machine."""

from __future__ import annotations

import threading
from pathlib import Path

from shared.domain.clock import Clock
from shared.storage.documents.limits import check_same_spec
from shared.storage.documents.sqlite.container import SqliteDocumentContainer
from shared.storage.documents.sqlite.database import SqliteDatabase
from shared.storage.documents.sqlite.statements import (
    SEQUENCE,
    SEQUENCE_START,
    TABLE_PREFIX,
    TABLES,
    Statements,
)
from shared.storage.layout import ContainerSpec

_SWEEP_STEP = 500
"""Documents deleted per transaction of the sweep, so that other writers are not blocked."""


class SqliteDocumentStore:
    """A DocumentStore in one SQLite file.

    For one machine: the default of ``make run``, for edge devices and tests. Threads and processes
    of that machine may share the file. Several machines cannot: SQLite's write-ahead mode needs
    shared memory, so the file must not be on a network drive. One writer at a time limits it to
    some thousands of documents a second. Deployments with several instances use Cosmos DB.

    Completed writes survive a crash of the process; a power failure may lose the newest without
    damage to the file. Times to live are exact by the given clock.
    """

    def __init__(self, path: Path, *, clock: Clock) -> None:
        """Open or create the file.

        Raises:
            ConfigurationError: the file is not a database, or a newer version of the service wrote
                it.
            Unavailable: it cannot be opened.
        """
        self._clock = clock
        self._database = SqliteDatabase(path)
        self._lock = threading.Lock()
        self._containers: dict[str, SqliteDocumentContainer] = {}
        with self._database.writing() as connection:
            connection.execute(SEQUENCE)
            connection.execute(SEQUENCE_START)

    def container(self, spec: ContainerSpec) -> SqliteDocumentContainer:
        """The container of a spec, created if it does not exist.

        Raises:
            ValueError: this store already returned a container of that name with another spec.
        """
        with self._lock:
            container = self._containers.get(spec.name)
            if container is None:
                container = SqliteDocumentContainer(spec, self._database, self._clock)
                self._containers[spec.name] = container
            check_same_spec(container.spec, spec)
            return container

    def sweep_expired(self) -> int:
        """Delete expired documents of every container in the file; returns their number."""
        with self._database.reading() as connection:
            tables = [row[0] for row in connection.execute(TABLES, (f"{TABLE_PREFIX}*",))]
        return sum(self._sweep(table) for table in tables)

    def erase_deleted(self) -> bool:
        """See DocumentStore.erase_deleted. Empties the write-ahead log.

        Raises:
            Unavailable: the disk is full or fails.
        """
        return self._database.checkpoint()

    def close(self) -> None:
        """Close the file; every later call raises Unavailable."""
        self._database.close()

    def _sweep(self, table: str) -> int:
        statement = Statements(table).sweep
        now = self._clock.now().timestamp()
        total = 0
        while True:
            with self._database.writing() as connection:
                swept = connection.execute(statement, {"now": now, "limit": _SWEEP_STEP}).rowcount
            total += swept
            if swept < _SWEEP_STEP:
                return total
