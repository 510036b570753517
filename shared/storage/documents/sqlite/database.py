"""One SQLite file: opened once, read by many threads, written by one at a time."""

from __future__ import annotations

import errno
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.domain.errors import ConfigurationError, Unavailable
from shared.storage.documents.schema import newer_schema
from shared.storage.documents.sqlite.last_opening import Found, LastOpening

SCHEMA_VERSION = 1
"""Stored in the file's user_version. A file with a higher version is rejected."""

_BUSY_SECONDS = 30.0
"""How long a writer waits for another process's transaction."""

_PAGE_BYTES = 8_192
"""A face's document has about 1 KB: seven fit a page, and none needs an overflow page."""

_CACHE_KIB = 16_384
"""Page cache of one connection; the operating system caches the file as well."""

_CHECKPOINT_PAGES = 4_000
"""The write-ahead log is checkpointed every 32 MB: fewer, more sequential writes than at 8 MB."""

_CHECKPOINT_SECONDS = 0.25
"""How long a checkpoint waits for readers, and writers for it. The timer tries again."""

_WAL_BYTES_KEPT = 64 * 1024 * 1024

_CONNECTION_SETTINGS = (
    "PRAGMA synchronous = NORMAL",
    "PRAGMA secure_delete = ON",
    f"PRAGMA cache_size = -{_CACHE_KIB}",
    f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}",
    f"PRAGMA journal_size_limit = {_WAL_BYTES_KEPT}",
)

_INFRASTRUCTURE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""Primary result codes for faults of the machine, as opposed to mistakes in statements."""

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_REASONS = {
    sqlite3.SQLITE_FULL: "has no space left on its disk",
    sqlite3.SQLITE_IOERR: "cannot be read or written: its disk fails",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_READONLY: "cannot be written: its file is read-only",
}

_OPEN_REASONS = {
    errno.ENOSPC: _REASONS[sqlite3.SQLITE_FULL],
    errno.EIO: _REASONS[sqlite3.SQLITE_IOERR],
    errno.EROFS: "cannot be written: its folder is read-only",
    errno.EACCES: "cannot be written: its folder is read-only",
}


class SqliteDatabase:
    """A SQLite file in write-ahead mode, safe for several threads and processes.

    Readers take a connection from a pool; each reads the last commit and never waits for the
    writer. Writers of this process share one connection and wait up to 30 s for the writer of
    another process. Commits survive a crash of the process; a power failure may lose the last ones
    (``synchronous = NORMAL``) but does not damage the file. Deleted content is overwritten with
    zeros (``secure_delete``), because it is biometric; the write-ahead log keeps it until
    ``checkpoint`` has emptied the log.
    """

    def __init__(self, path: Path) -> None:
        """Open the file; create it and its folder if they do not exist.

        Args:
            path: made readable by its owner only. Its ``-wal`` and ``-shm`` files are beside it.

        Raises:
            ConfigurationError: the file is not a database, is damaged, was replaced by another one
                since it was open last, or a newer version of the service wrote it.
            Unavailable: it cannot be opened.
        """
        self._path = path
        self._pool_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._opening = _make(path)
        try:
            found = self._opening.check()
            with _infrastructure_faults():
                self._writer = self._connect()
                try:
                    self._prepare()
                    self._begin(found)
                except BaseException:
                    self._writer.close()
                    raise
        except BaseException:
            self._opening.close(log_is_empty=False)
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for reading on this thread until the block ends.

        Raises:
            Unavailable: the disk fails.
        """
        with _infrastructure_faults():
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: committed when the block ends, rolled back if it raises.

        Raises:
            Unavailable: another process holds the lock, or the disk is full or fails.
        """
        with self._write_lock, _infrastructure_faults():
            self._refuse_when_closed()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    def checkpoint(self) -> bool:
        """Move the write-ahead log into the file and truncate the log.

        Returns:
            Whether the log is empty; False if a reader or another process's writer was in the way
            for a quarter of a second.

        Raises:
            Unavailable: the disk is full or fails.
        """
        with self._write_lock, _infrastructure_faults():
            self._refuse_when_closed()
            return self._truncate_log()

    def close(self) -> None:
        """Empty the write-ahead log and close every connection.

        Connections in use are closed when their blocks end.
        """
        with self._write_lock, self._pool_lock:
            if self._closed:
                return
            self._closed = True
            for connection in self._idle:
                connection.close()
            self._idle.clear()
            emptied = False
            try:
                with _infrastructure_faults():
                    emptied = self._truncate_log()
            finally:
                self._writer.close()
                self._opening.close(log_is_empty=emptied)

    def _truncate_log(self) -> bool:
        # A separate connection, because the busy timeout of the others is too long here. If the
        # checkpoint is blocked, the statement succeeds; only its first column reports it.
        connection = self._connect(busy_seconds=_CHECKPOINT_SECONDS)
        try:
            busy: int = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            connection.close()
        return busy == 0

    def _prepare(self) -> None:
        """Set the file's persistent properties: page size, write-ahead mode, schema version."""
        self._writer.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        self._switch_to_write_ahead()
        with self.writing() as connection:
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA_VERSION:
                where = f"The database {self._path}"
                raise newer_schema(version, SCHEMA_VERSION, where=where)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _begin(self, found: Found | None) -> None:
        """Give the file a number of this opening, and empty the log."""
        if found is None:
            self.checkpoint()
            return
        if found.interrupted:
            self._check_pages()
        number = self._opening.new_number(found)
        with self.writing() as connection:
            connection.execute(f"PRAGMA application_id = {number}")
        if self.checkpoint():
            self._opening.opened(number)
        else:
            self._opening.share()

    def _check_pages(self) -> None:
        """After a process that did not close the file: it may be a copy of one that was open.

        Raises:
            ConfigurationError: it is damaged.
        """
        try:
            (found,) = self._writer.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode not in _DAMAGED:
                raise
            found = "damaged"
        if found != "ok":
            raise ConfigurationError(
                f"The database {self._path} is damaged. Was it copied while the service ran? Take a"
                " copy that was made while it was stopped, or an archive (`lineament import`)."
            )

    def _switch_to_write_ahead(self) -> None:
        # SQLite ignores its busy timeout here if two processes open a new file at the same time.
        give_up = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                self._writer.execute("PRAGMA journal_mode = WAL").fetchone()
                return
            except sqlite3.OperationalError as error:
                if _primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                    raise
                time.sleep(0.01)

    def _connect(self, *, busy_seconds: float = _BUSY_SECONDS) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=busy_seconds, isolation_level=None, check_same_thread=False
        )
        try:
            for setting in _CONNECTION_SETTINGS:
                connection.execute(setting)
        except sqlite3.DatabaseError as error:
            connection.close()
            if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
                raise ConfigurationError(f"{self._path} is not a SQLite database.") from error
            raise
        return connection

    def _take(self) -> sqlite3.Connection:
        with self._pool_lock:
            self._refuse_when_closed()
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._pool_lock:
            if self._closed:
                connection.close()
            else:
                self._idle.append(connection)

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise Unavailable("The document store is closed. The service is stopping.")


def _make(path: Path) -> LastOpening:
    """Create the file, for its owner only, and its folder, if they do not exist; and lock it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        return LastOpening(path)
    except OSError as error:
        reason = _OPEN_REASONS.get(error.errno or 0, _REASONS[sqlite3.SQLITE_CANTOPEN])
        raise Unavailable(f"The document store {reason}. Try again later.") from error


@contextmanager
def _infrastructure_faults() -> Iterator[None]:
    """Translate faults of the machine to Unavailable; other errors pass."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if _primary_code(error) not in _INFRASTRUCTURE:
            raise
        reason = _REASONS.get(_primary_code(error), "cannot be reached at the moment")
        raise Unavailable(f"The document store {reason}. Try again later.") from error


def _primary_code(error: sqlite3.Error) -> int:
    """The result code without its extension: the low byte (https://sqlite.org/rescode.html)."""
    return error.sqlite_errorcode & 0xFF
