"""Exports a store: everything persistent, and nothing that was deleted.

Detected faces, sessions and records of uploads expire and are not exported, nor are snapshots,
which training creates. A collection's own document follows its content.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from shared.domain.collections import (
    DYNAMIC_PERSON_GROUP,
    KINDS,
    PERSON_COLLECTIONS,
    CollectionKey,
    CollectionKind,
)
from shared.domain.values import Collection
from shared.storage.documents.schema import SCHEMA, VersionedDocumentStore
from shared.storage.documents.store import Document, DocumentContainer
from shared.storage.layout import COLLECTIONS, PEOPLE
from shared.storage.records.collections.collections import CollectionRecords, document_key
from shared.storage.records.directory.documents import (
    FACE_PREFIX,
    MEMBER_PREFIX,
    PARTITIONS,
    PERSON_PREFIX,
    REFERENCE_PREFIX,
)
from shared.storage.records.face_documents import partitions
from tools.operate.transfer.archive import ArchiveWriter, Contents, Record

_PAGE = 1_000


def export_store(store: VersionedDocumentStore, path: Path) -> Contents:
    """Export all collections, persons and faces of a store to a file.

    Concurrent writes may or may not be included; for a consistent export, stop the writers. The
    file exists only once it is complete.

    Raises:
        Unavailable: the store cannot be reached.
        OSError: the file cannot be written.
    """
    collections, people = store.container(COLLECTIONS), store.container(PEOPLE)
    records = CollectionRecords(collections)
    groups = frozenset(group.incarnation for group in _walk(records, DYNAMIC_PERSON_GROUP))
    with ArchiveWriter(path, SCHEMA.version) as archive:
        for partition in PARTITIONS:
            for document in _of_directory(people, partition, groups):
                archive.write(_record(PEOPLE.name, document))
        for kind in KINDS.values():
            for collection in _walk(records, kind):
                own = collections.get(document_key(CollectionKey(kind, collection.collection_id)))
                if own is None:
                    continue  # It was deleted meanwhile.
                for document in _of_collection(people, collection):
                    archive.write(_record(PEOPLE.name, document))
                archive.write(_record(COLLECTIONS.name, own))
        return archive.finish()


def _record(container: str, document: Document) -> Record:
    return Record(container, document.key.partition, document.key.id, document.body)


def _walk(records: CollectionRecords, kind: CollectionKind) -> Iterator[Collection]:
    start = ""
    while page := records.page(kind, start=start, top=_PAGE):
        yield from page
        start = page[-1].collection_id


def _of_collection(people: DocumentContainer, collection: Collection) -> Iterator[Document]:
    """A collection's persons and faces. A dynamic group has none of its own."""
    if collection.kind is DYNAMIC_PERSON_GROUP:
        return
    for partition in partitions(collection.incarnation, collection.kind.buckets):
        if collection.kind not in PERSON_COLLECTIONS:
            yield from _documents(people, partition)
            continue
        persons = _person_ids(people, partition)
        for document in _documents(people, partition):
            if _is_whole(document, persons, frozenset()):
                yield document


def _of_directory(
    people: DocumentContainer, partition: str, groups: frozenset[str]
) -> Iterator[Document]:
    """One partition of the directory, without marks of deletions."""
    persons = _person_ids(people, partition)
    for document in _documents(people, partition):
        if _is_whole(document, persons, groups):
            yield document


def _is_whole(document: Document, persons: frozenset[str], groups: frozenset[str]) -> bool:
    """Whether a document belongs to an existing person and, in a group, to an existing group.

    An interrupted deletion leaves others until they are purged.
    """
    parts = document.key.id.split(".")
    match f"{parts[0]}.":
        case kind if kind == PERSON_PREFIX:
            return True
        case kind if kind == FACE_PREFIX:
            return parts[-2] in persons
        case kind if kind == MEMBER_PREFIX:
            return parts[2] in persons and parts[1] in groups and not document.body["gone"]
        case kind if kind == REFERENCE_PREFIX:
            return parts[1] in persons and document.key.id.rpartition(",")[2] in groups
        case _:
            return False


def _person_ids(people: DocumentContainer, partition: str) -> frozenset[str]:
    return frozenset(
        document.key.id.removeprefix(PERSON_PREFIX)
        for document in _documents(people, partition, PERSON_PREFIX, members=())
    )


def _documents(
    people: DocumentContainer,
    partition: str,
    prefix: str = "",
    members: Sequence[str] | None = None,
) -> Iterator[Document]:
    after = ""
    while page := people.page(partition, prefix=prefix, after=after, limit=_PAGE, members=members):
        yield from page
        after = page[-1].key.id
