"""Progress of the repair that lists all collections after the upgrade to schema 2."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.errors import DocumentExists
from shared.storage.documents.store import DocumentContainer, Key

_KEY = Key("schema", "repair")


@dataclass(frozen=True, slots=True)
class RepairProgress:
    """The progress.

    Attributes:
        kind: number of the kind of collection.
        after: the id of the last collection listed.
        done: whether all are listed.
    """

    kind: int = 0
    after: str = ""
    done: bool = False


class RepairProgressRecord:
    """Reads and writes the progress. Concurrent workers list some collections twice at worst."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def read(self) -> RepairProgress:
        """The progress so far."""
        document = self._container.get(_KEY)
        if document is None:
            return RepairProgress()
        return RepairProgress(document.body["kind"], document.body["after"], document.body["done"])

    def write(self, progress: RepairProgress) -> None:
        """Store the progress."""
        body = {"kind": progress.kind, "after": progress.after, "done": progress.done}
        try:
            self._container.create(_KEY, body)
        except DocumentExists:
            self._container.replace(_KEY, body)
