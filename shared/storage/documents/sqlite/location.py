"""Location of the SQLite file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shared.domain.clock import Clock
from shared.domain.errors import ConfigurationError
from shared.settings.declaration import declared
from shared.settings.process import DATA_DIRECTORY

if TYPE_CHECKING:
    from shared.storage.documents.sqlite.store import SqliteDocumentStore

SQLITE_FILE = "lineament.sqlite"


@dataclass(frozen=True, slots=True)
class SqliteLocation:
    """A file in the data directory."""

    data_directory: Path = declared(DATA_DIRECTORY)

    @property
    def problems(self) -> tuple[str, ...]:
        """None: a missing directory is created."""
        return ()

    def open(self, clock: Clock) -> SqliteDocumentStore:
        """See StoreLocation.open."""
        from shared.storage.documents.sqlite.store import SqliteDocumentStore

        self.data_directory.mkdir(parents=True, exist_ok=True)
        return SqliteDocumentStore(self.data_directory / SQLITE_FILE, clock=clock)

    def check_exists(self) -> None:
        """See StoreLocation.check_exists."""
        if not (self.data_directory / SQLITE_FILE).exists():
            raise ConfigurationError(
                f"{self.data_directory} holds no {SQLITE_FILE}. Set FACE_DATA_DIR."
            )

    @property
    def open_vectors(self) -> None:
        """SQLite has no vector index."""
        return None
