"""Memberships in dynamic groups: references in both directions, written in one batch.

Both directions of a reference are in the person's partition, and each batch rewrites the person's
own document under its ETag. A reference is therefore complete or absent after any crash, and never
names a person that is being deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from shared.domain.directory import DynamicGroup
from shared.domain.errors import ConcurrentOperation, DocumentConflict
from shared.storage.documents.pages import pages_of
from shared.storage.documents.store import (
    MAXIMUM_KEYS,
    Create,
    Delete,
    Document,
    DocumentContainer,
    Operation,
    Replace,
)
from shared.storage.records.directory.documents import (
    MEMBER_PREFIX,
    PARTITIONS,
    REFERENCE_PREFIX,
    member_key,
    partition_of,
    partitions_from,
    person_key,
    read_reference,
    reference_after,
    reference_id,
)

_ATTEMPTS = 20
_PERSONS_PER_BATCH = 15
"""Fifteen persons with userData of 16,384 characters and 744 faces each fit into a batch's 2 MB."""

MARK_LIFE = 86_400
"""Seconds that removed memberships stay marked as gone, for copies that follow changes."""


@dataclass(frozen=True, slots=True)
class ReferencePage:
    """Groups that persons refer to.

    Attributes:
        groups: those of the references that were read.
        continuation: where the next page begins; None after the last one.
    """

    groups: frozenset[DynamicGroup]
    continuation: str | None


class Memberships:
    """Reads and writes references between persons and dynamic groups."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def add(self, group: DynamicGroup, person_ids: Sequence[str]) -> None:
        """Add persons to a group; members stay, persons that do not exist are ignored.

        Raises:
            ConcurrentOperation: concurrent requests changed the same persons on every attempt.
        """
        for chunk in _chunks(person_ids):
            self._write(group, chunk, member=True)

    def remove(self, group: DynamicGroup, person_ids: Sequence[str]) -> None:
        """Remove persons from a group; persons that are not in it are ignored.

        Raises:
            ConcurrentOperation: concurrent requests changed the same persons on every attempt.
        """
        for chunk in _chunks(person_ids):
            self._write(group, chunk, member=False)

    def persons(self, incarnation: str, *, start: str, top: int) -> list[str]:
        """Up to ``top`` personIds of a group, greater than ``start``, in order."""
        found: list[str] = []
        for partition in partitions_from(start):
            for document in self._walk(partition, incarnation, start, top):
                if len(found) == top:
                    return found
                if not document.body["gone"]:
                    found.append(_person_id(document))
        return found

    def members_among(self, incarnation: str, person_ids: Sequence[str]) -> frozenset[str]:
        """Those of up to 1,000 persons that are in a group."""
        found = self._container.get_many([member_key(incarnation, one) for one in person_ids])
        return frozenset(
            one for one, there in zip(person_ids, found, strict=True) if _is_member(there)
        )

    def of_partition(self, incarnation: str, partition: str) -> frozenset[str]:
        """The personIds of a group in one of the directory's partitions."""
        return frozenset(
            _person_id(document)
            for document in self._walk(partition, incarnation, "", MAXIMUM_KEYS)
            if not document.body["gone"]
        )

    def groups(self, person_id: str, *, start: str, limit: int) -> list[DynamicGroup]:
        """Up to ``limit`` groups with ids greater than ``start`` that contain a person, in order.

        Deleted groups may be among them. Only an empty list is the end.
        """
        documents = self._container.page(
            partition_of(person_id),
            prefix=f"{REFERENCE_PREFIX}{person_id}.",
            after=reference_after(person_id, start),
            limit=limit,
        )
        return [read_reference(document) for document in documents]

    def references(self, continuation: str | None, *, limit: int) -> ReferencePage:
        """The groups of up to ``limit`` references of one partition, deleted groups included.

        Args:
            continuation: of the previous page; None: from the beginning.
        """
        partition, _, after = (continuation or PARTITIONS[0]).partition("/")
        documents = self._container.page(
            partition, prefix=REFERENCE_PREFIX, after=after, limit=limit, members=()
        )
        groups = frozenset(read_reference(document) for document in documents)
        if len(documents) == limit:
            return ReferencePage(groups, f"{partition}/{documents[-1].key.id}")
        following = PARTITIONS[PARTITIONS.index(partition) + 1 :]
        return ReferencePage(groups, following[0] if following else None)

    def sweep(self, group: DynamicGroup, *, batches: int) -> bool:
        """Remove the references of a deleted group in both directions.

        Args:
            batches: maximum number of batches to write.

        Returns:
            Whether none is left.
        """
        for partition in PARTITIONS:
            while documents := self._container.page(
                partition, prefix=f"{MEMBER_PREFIX}{group.incarnation}.", limit=50
            ):
                if batches == 0:
                    return False
                batches -= 1
                operations: list[Operation] = []
                for document in documents:
                    operations.append(Delete(document.key.id))
                    if not document.body["gone"]:
                        operations.append(Delete(reference_id(_person_id(document), group)))
                try:
                    self._container.batch(partition, operations)
                except DocumentConflict:
                    # Another delivery or a person's deletion came first: read what is left.
                    continue
        return True

    def _walk(self, partition: str, incarnation: str, start: str, top: int) -> Iterator[Document]:
        prefix = f"{MEMBER_PREFIX}{incarnation}."
        size = min(top, MAXIMUM_KEYS)
        for page in pages_of(
            self._container, partition, prefix=prefix, after=prefix + start, limit=size
        ):
            yield from page

    def _write(self, group: DynamicGroup, person_ids: Sequence[str], *, member: bool) -> None:
        keys = [person_key(person_id) for person_id in person_ids]
        keys += [member_key(group.incarnation, person_id) for person_id in person_ids]
        for _ in range(_ATTEMPTS):
            found = self._container.get_many(keys)
            persons, members = found[: len(person_ids)], found[len(person_ids) :]
            operations: list[Operation] = []
            for person_id, person, present in zip(person_ids, persons, members, strict=True):
                if person is not None and _is_member(present) != member:
                    operations.append(Replace(person.key.id, person.body, person.etag))
                    operations += _turn(group, person_id, present, member=member)
            try:
                if operations:
                    self._container.batch(partition_of(person_ids[0]), operations)
            except DocumentConflict:
                continue
            return
        raise ConcurrentOperation(group.group_id)


def _turn(
    group: DynamicGroup, person_id: str, present: Document | None, *, member: bool
) -> list[Operation]:
    key, reference = member_key(group.incarnation, person_id), reference_id(person_id, group)
    if not member:
        return [Replace(key.id, {"gone": True}, ttl=MARK_LIFE), Delete(reference)]
    body = {"gone": False}
    first = Create(key.id, body) if present is None else Replace(key.id, body, present.etag)
    return [first, Create(reference, {})]


def _is_member(document: Document | None) -> bool:
    return document is not None and not document.body["gone"]


def _person_id(document: Document) -> str:
    return document.key.id.rsplit(".", 1)[1]


def _chunks(person_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Persons of one partition each, up to one batch."""
    for _, of_one in groupby(sorted(set(person_ids)), key=partition_of):
        together = list(of_one)
        for begin in range(0, len(together), _PERSONS_PER_BATCH):
            yield together[begin : begin + _PERSONS_PER_BATCH]
