"""What the last process that opened a database knew of it, in a small file beside it.

SQLite's write-ahead log does not say which database it belongs to. Where an older copy is put in
the place of a database whose process was killed, the newer log is applied to the older pages and
damages them without an error; a copy that was made while a process wrote may be damaged likewise.
So every opening gives the database a number, and the file beside it says which, and whether the
database was closed since.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from shared.domain.errors import ConfigurationError

SUFFIX = "-opened"
_LONGEST = 1_000
_RETRY_SECONDS = 0.01
_NUMBER = slice(68, 72)
"""Where a SQLite file has its application id, big-endian (https://sqlite.org/fileformat.html)."""


class _Known(msgspec.Struct, frozen=True):
    """What the file says.

    Attributes:
        numbers: of the database; several while it gets a new one.
        closed: whether it was closed, so that there is no log.
    """

    numbers: list[int]
    closed: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A database before it is opened.

    Attributes:
        numbers: that it may have.
        interrupted: whether the process that had it open last did not close it.
    """

    numbers: tuple[int, ...]
    interrupted: bool


class LastOpening:
    """The file beside one database. It is locked as long as the database is open.

    Args:
        path: of the database. Nothing of this process may have it open: to read it as a file ends
            the locks that SQLite has on it.
    """

    def __init__(self, path: Path) -> None:
        """Open and lock the file; create it if it does not exist.

        Raises:
            OSError: it cannot be opened.
        """
        self._path = path
        file = path.with_name(self._own_name)
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        self._is_first = self._lock_alone()
        while not self._is_first:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)  # Waits for the check of the first one.
            known = self._known()
            if known is not None and not known.closed:
                return
            time.sleep(_RETRY_SECONDS)  # It was the last one, and has closed the database.
            self._is_first = self._lock_alone()

    def check(self) -> Found | None:
        """Compare the database with what is known of it; None where another store has it open.

        Raises:
            ConfigurationError: it is a copy of another time, or has a log that is not its own.
        """
        if not self._is_first:
            return None
        number, known = self._number(), self._known()
        if number is None or known is None:
            return Found((number or 0,), interrupted=False)
        if number not in known.numbers:
            raise ConfigurationError(
                f"{self._path} is not the database that was here last: it was replaced, by an older"
                " copy perhaps, and what was deleted since that copy was made is in it again."
                f" To go on with it, delete {self._names}, as far as they exist, and start again."
            )
        if known.closed and _size(self._log) > 0:
            raise ConfigurationError(
                f"{self._log.name} does not belong to {self._path}: a copy was put in the place of"
                " a database whose service had not been stopped. What was deleted since the copy"
                f" was made is in it again. To go on with the copy, delete {self._names}; if there"
                f" was no copy, but an earlier version of the service, {self._own_name} alone. Then"
                " start again."
            )
        return Found(tuple(known.numbers), interrupted=not known.closed)

    def new_number(self, found: Found) -> int:
        """The number that the database is about to get; until `opened` it may have any of them."""
        number = secrets.randbelow(2**31 - 1) + 1
        self._write(_Known([*found.numbers, number], closed=False))
        return number

    def opened(self, number: int) -> None:
        """Record that the file of the database has its new number, and let others open it."""
        self._write(_Known([number], closed=False))
        self.share()

    def share(self) -> None:
        """Let others open the database."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def close(self, *, log_is_empty: bool) -> None:
        """Unlock the file; the last one to close the database records that it is closed."""
        try:
            known = self._known()
            if log_is_empty and known is not None and self._lock_alone():
                self._write(_Known(known.numbers, closed=True))
        finally:
            os.close(self._descriptor)

    @property
    def _own_name(self) -> str:
        return self._path.name + SUFFIX

    @property
    def _names(self) -> str:
        return f"{self._path.name}-wal, {self._path.name}-shm and {self._own_name}"

    @property
    def _log(self) -> Path:
        return self._path.with_name(f"{self._path.name}-wal")

    def _lock_alone(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _number(self) -> int | None:
        """The number in the database's file; None where the file is new, or cannot be read."""
        try:
            with self._path.open("rb") as file:
                header = file.read(_NUMBER.stop)
        except OSError:
            return None  # SQLite reports it.
        return int.from_bytes(header[_NUMBER]) if len(header) == _NUMBER.stop else None

    def _known(self) -> _Known | None:
        """None where the file is new, or was not written completely."""
        try:
            return msgspec.json.decode(os.pread(self._descriptor, _LONGEST, 0), type=_Known)
        except msgspec.DecodeError:
            return None

    def _write(self, known: _Known) -> None:
        content = msgspec.json.encode(known)
        os.pwrite(self._descriptor, content, 0)
        os.ftruncate(self._descriptor, len(content))
        # A power failure must not leave the database with a number that the file does not have.
        os.fsync(self._descriptor)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
