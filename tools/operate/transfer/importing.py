"""Imports an export file into a store, as `/lineament/v1/archive` does.

What does not exist is created under its own ids, what exists is left as it is: the same file can be
imported again after a fault, and nothing is made twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.api.resources.lineament.archive import decoded_entries
from shared.api.resources.lineament.scopes import parse_scope
from shared.domain.collections import TRAINED_COLLECTIONS, CollectionKey
from shared.domain.errors import ConfigurationError
from shared.services.archive.archive import Archive
from shared.services.archive.entries import ImportOutcome
from tools.operate.transfer.export_file import Contents, ExportReader

_MOST_LINES = 5_000
_MOST_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes:
        contents: of the file.
        outcome: over all collections.
        untrained: the collections that must be trained before they can be searched.
    """

    contents: Contents
    outcome: ImportOutcome
    untrained: Sequence[CollectionKey]


class Import:
    """Imports one file.

    Args:
        models: the embedding models that the service compares.
        recognition_models: those that the service has.
    """

    def __init__(
        self,
        archive: Archive,
        path: Path,
        *,
        models: frozenset[str],
        recognition_models: Sequence[str],
    ) -> None:
        self._archive = archive
        self._file = ExportReader(path)
        self._models = models
        self._recognition_models = recognition_models

    def run(self) -> Imported:
        """Check the whole file, then import it.

        Raises:
            ConfigurationError: the file is damaged, of another format or of another model.
            BadArgument: what exists contradicts the file, such as a collection of another model.
            QuotaExceeded: there is no room; what was imported before stays.
            Unavailable: the store cannot be reached; likewise.
        """
        contents = self._file.check()
        strange = sorted(set(contents.models) - self._models)
        if strange:
            raise ConfigurationError(
                f"The file has embeddings of {', '.join(strange)}; this service uses those of"
                f" {', '.join(sorted(self._models))} only. Import it where that model is in use."
            )
        outcome, untrained = ImportOutcome(), list[CollectionKey]()
        for name, first, lines in self._parts():
            scope = parse_scope(name)
            if first == 1 and isinstance(scope, CollectionKey):
                untrained += [scope] if scope.kind in TRAINED_COLLECTIONS else []
            entries = decoded_entries(b"".join(lines), self._recognition_models, first=first)
            outcome += self._archive.import_page(scope, entries)
        return Imported(contents, outcome, untrained)

    def _parts(self) -> Iterator[tuple[str, int, list[bytes]]]:
        """Consecutive lines of one collection: its name, the first line's number, the lines."""
        name, first, lines, size = "", 1, list[bytes](), 0
        for facts, line in self._file.lines():
            begins = facts.type == "collection"
            is_full = len(lines) == _MOST_LINES or size + len(line) > _MOST_BYTES
            if lines and (begins or is_full):
                yield name, first, lines
                first, lines, size = first + len(lines), [], 0
            if begins:
                name, first = facts.collection, 1
            lines.append(line)
            size += len(line)
        if lines:
            yield name, first, lines
