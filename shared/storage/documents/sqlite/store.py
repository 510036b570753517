"""The document store of one machine: SQLite."""

from __future__ import annotations

import threading
from pathlib import Path

from shared.domain.clock import Clock
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
"""Documents that one transaction of the sweep deletes, so that other writers get their turn."""


class SqliteDocumentStore:
    """A DocumentStore in one SQLite file.

    For one machine: the default of ``make run``, a device at the edge, tests. Threads and
    processes on that machine may share the file. It is not for several machines: SQLite's
    write-ahead mode needs shared memory, so the file may not lie on a network drive, and one
    writer at a time is the ceiling, some thousands of documents a second. A deployment with more
    than one instance uses Cosmos DB.

    A write that returned survives the death of the process; the newest may be lost with the power,
    without damage to the file. Times to live are exact to the clock that is given.
    """

    def __init__(self, path: Path, *, clock: Clock) -> None:
        """Open or make the file.

        Raises:
            ConfigurationError: the file is no database, or a newer version of the service wrote it.
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
        """The container that the spec names, made where it is not there.

        Raises:
            ValueError: this store already gave out a container of that name with another spec.
        """
        with self._lock:
            container = self._containers.get(spec.name)
            if container is None:
                container = SqliteDocumentContainer(spec, self._database, self._clock)
                self._containers[spec.name] = container
            elif container.spec != spec:
                raise ValueError(f"The container {spec.name!r} has another spec already.")
            return container

    def sweep_expired(self) -> int:
        """Delete what has expired in every container of the file; answers how many documents."""
        with self._database.reading() as connection:
            tables = [row[0] for row in connection.execute(TABLES, (f"{TABLE_PREFIX}*",))]
        return sum(self._sweep(table) for table in tables)

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
