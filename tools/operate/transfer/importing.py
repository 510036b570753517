"""Imports a file into a store, all of it or nothing.

Every collection gets a new incarnation, so that data of an earlier life of its id cannot mix with
it. Its own document, which makes the rest visible, is written last. Existing data is unchanged: a
file with collections that exist is rejected before anything is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec

from shared.domain.collections import KINDS, TRAINED_COLLECTIONS, CollectionKey, CollectionKind
from shared.domain.errors import ConfigurationError, DocumentConflict
from shared.domain.identifiers import IdFactory, random_id
from shared.storage.documents.schema import SCHEMA, VersionedDocumentStore, newer_schema
from shared.storage.documents.store import MAXIMUM_BATCH_OPERATIONS, Create, Delete, Key
from shared.storage.layout import COLLECTIONS, PEOPLE
from shared.storage.records.collections.collections import document_key
from shared.storage.records.collections.person_counters import PersonCounters
from shared.storage.records.directory.documents import PARTITIONS, PERSON_PREFIX
from tools.operate.transfer.archive import ArchiveReader, Contents, Record, is_collection

_BATCH_BYTES = 1_500_000
"""Bytes of JSON per batch; leaves room below 2 MB for the envelope of a hundred operations."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COLLECTION_PREFIX = "c."
_KEYS = 1_000


class Import:
    """Imports one file into one store."""

    def __init__(
        self,
        store: VersionedDocumentStore,
        path: Path,
        *,
        models: frozenset[str],
        new_id: IdFactory = random_id,
    ) -> None:
        """Read the whole file and check that it can be imported.

        Args:
            models: the embedding models of the service that uses the store.

        Raises:
            ConfigurationError: the file is damaged, newer than this version, or of another model;
                or part of it exists in the store already.
        """
        self._collections = store.container(COLLECTIONS)
        self._people = store.container(PEOPLE)
        self._counters = PersonCounters(self._collections)
        self._file = ArchiveReader(path)
        self.contents: Contents = self._file.check()
        self._check_versions(models)
        self._incarnations: dict[str, str] = {}
        self._keys: list[CollectionKey] = []
        for record in filter(is_collection, self._file.records()):
            self._incarnations[record.body["incarnation"]] = new_id()
            self._keys.append(_collection_key(record))
        self._batches_written = 0
        self._committed: list[_Committed] = []
        self._check_absent()

    @property
    def untrained(self) -> Sequence[CollectionKey]:
        """The collections of the file that must be trained before they can be searched."""
        return [key for key in self._keys if key.kind in TRAINED_COLLECTIONS]

    def run(self) -> None:
        """Write everything.

        After a failure, everything written is deleted again. If the process is killed, documents of
        collections stay invisible, since the collections do not exist; persons of the directory
        stay.

        Raises:
            Unavailable: the store cannot be reached.
        """
        try:
            self._write()
        except BaseException as error:
            # Without a definite error from the store, the last batch may have been written.
            refused = isinstance(error, DocumentConflict)
            self._undo(self._batches_written + (0 if refused else 1))
            raise

    def _check_versions(self, models: frozenset[str]) -> None:
        version = self.contents.schema_version
        if version > SCHEMA.version:
            raise newer_schema(version, SCHEMA.version)
        strange = sorted(set(self.contents.models) - models)
        if strange:
            raise ConfigurationError(
                f"The file has embeddings of {', '.join(strange)}; this service uses those of"
                f" {', '.join(sorted(models))} only. Import it where that model is in use."
            )

    def _check_absent(self) -> None:
        taken: list[str] = []
        for begin in range(0, len(self._keys), _KEYS):
            keys = self._keys[begin : begin + _KEYS]
            found = self._collections.get_many([document_key(key) for key in keys])
            taken += [
                f"{key.kind.title} {key.collection_id}"
                for key, document in zip(keys, found, strict=True)
                if document is not None
            ]
        if taken:
            more = f" and {len(taken) - 5} more" if len(taken) > 5 else ""
            raise ConfigurationError(
                f"The store has {', '.join(taken[:5])}{more} already. Delete them there first, or"
                " import into another store."
            )
        if any(record.partition in PARTITIONS for record in self._file.records()) and any(
            self._people.page(partition, prefix=PERSON_PREFIX, limit=1) for partition in PARTITIONS
        ):
            raise ConfigurationError(
                "The store has persons in its directory already. Import into a store without any."
            )

    def _write(self) -> None:
        persons = 0
        for records in self._batches():
            first = records[0]
            if is_collection(first):
                key = Key(first.partition, first.id)
                collection = _Committed(
                    key, _collection_key(first).kind, first.body["incarnation"], persons
                )
                self._count(collection, persons)
                self._committed.append(collection)
                self._collections.create(key, first.body)
                persons = 0
            else:
                operations = [Create(record.id, record.body) for record in records]
                self._people.batch(first.partition, operations)
                if first.partition not in PARTITIONS:
                    persons += sum(record.id.startswith(PERSON_PREFIX) for record in records)
            self._batches_written += 1

    def _undo(self, batches: int) -> None:
        """Delete what was written: collections first, so that no partial one is ever visible."""
        for collection in self._committed:
            document = self._collections.get(collection.key)
            if document is not None and document.body["incarnation"] == collection.incarnation:
                self._collections.delete(collection.key)
            self._count(collection, -collection.persons)
        for records in islice(self._batches(), batches):
            if is_collection(records[0]):
                continue
            partition = records[0].partition
            there = self._people.get_many([Key(partition, record.id) for record in records])
            leftover = [Delete(document.key.id) for document in there if document is not None]
            self._people.batch(partition, leftover)

    def _count(self, collection: _Committed, persons: int) -> None:
        if persons:
            self._counters.add(collection.kind, collection.incarnation, persons)

    def _batches(self) -> Iterator[list[Record]]:
        return _batches(map(self._renewed, self._file.records()))

    def _renamed(self, text: str) -> str:
        """A partition or an id with the new incarnation in place of the old."""
        return _UUID.sub(lambda found: self._incarnations.get(found[0], found[0]), text)

    def _renewed(self, record: Record) -> Record:
        """A record for the store, with the current schema and the new incarnation."""
        key = Key(self._renamed(record.partition), self._renamed(record.id))
        body = SCHEMA.bring_forward(
            record.container, key, record.body, self.contents.schema_version
        )
        if is_collection(record):
            key = Key(record.partition, record.id)  # its id may have any form
            body = _reborn(body, self._incarnations)
        return Record(record.container, key.partition, key.id, body)


@dataclass(frozen=True, slots=True)
class _Committed:
    """A collection to be made visible, and the number of persons counted for it."""

    key: Key
    kind: CollectionKind
    incarnation: str
    persons: int


def _reborn(body: Mapping[str, object], incarnations: Mapping[str, str]) -> dict[str, object]:
    """A collection's body with its new incarnation."""
    return {**body, "incarnation": incarnations[str(body["incarnation"])]}


def _collection_key(record: Record) -> CollectionKey:
    kind = KINDS.get(record.partition.partition(":")[0])
    if kind is None:
        raise ConfigurationError(
            "The file has collections of a kind that this version does not know. Use a newer one."
        )
    return CollectionKey(kind, record.id.removeprefix(_COLLECTION_PREFIX))


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    """Consecutive records of one partition, up to one transaction; a collection is alone."""
    batch: list[Record] = []
    size = 0
    for record in records:
        length = len(msgspec.json.encode(record))
        fits = (
            batch
            and not is_collection(record)
            and (record.container, record.partition) == (batch[0].container, batch[0].partition)
            and len(batch) < MAXIMUM_BATCH_OPERATIONS
            and size + length <= _BATCH_BYTES
        )
        if not fits:
            if batch:
                yield batch
            batch, size = [], 0
        batch.append(record)
        size += length
    if batch:
        yield batch
