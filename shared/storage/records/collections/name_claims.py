"""Name claims: the persons of a group with a name, for uploads that name persons.

A claim is a document whose id is a hash of the name. Persons that are created by a claim are in its
partition: claim and person are written in one step, so that concurrent uploads create one person. A
claim may list persons that do not exist or have another name now; readers check that. It contains
only ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from shared.domain.errors import DocumentConflict, DocumentExists
from shared.domain.values import Collection, NameIndex, Person
from shared.storage.documents.store import Create, Delete, DocumentContainer, Key, Replace
from shared.storage.records.collections.person_documents import person_body
from shared.storage.records.face_documents import partition_of, person_document_id

_PREFIX = "n."


@dataclass(frozen=True, slots=True)
class NameClaim:
    """The persons that may have a name.

    Attributes:
        bucket: the first hex digit of the ids of persons that are created by this claim.
        etag: changes whenever a person of that name is registered or deleted.
    """

    key: Key
    bucket: str
    person_ids: tuple[str, ...]
    etag: str

    def listing(self, person_ids: Sequence[str]) -> Replace:
        """The write that makes the claim list these persons, unless it changed meanwhile."""
        return Replace(self.key.id, {"persons": list(person_ids)}, self.etag)


class NameClaims:
    """Reads and writes the name claims of groups."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def listed(self, collection: Collection, name: str) -> tuple[str, ...]:
        """The persons that may have a name."""
        document = self._container.get(_place(collection, name)[0])
        return () if document is None else tuple(document.body["persons"])

    def open(self, collection: Collection, name: str) -> NameClaim:
        """The claim of a name, created if there is none."""
        key, bucket = _place(collection, name)
        while True:
            document = self._container.get(key)
            if document is None:
                try:
                    document = self._container.create(key, {"persons": []})
                except DocumentExists:
                    continue
            return NameClaim(key, bucket, tuple(document.body["persons"]), document.etag)

    def create_person(self, collection: Collection, person: Person, claim: NameClaim) -> bool:
        """Store a new person, without faces, as the only one with its name.

        Args:
            person: its id begins with the claim's bucket.

        Returns:
            False if the claim changed since it was read.
        """
        if partition_of(collection, person.person_id) != claim.key.partition:
            raise ValueError("The person belongs into another partition than its name.")
        creation = Create(person_document_id(person.person_id), person_body(person))
        listing = claim.listing([person.person_id])
        try:
            self._container.batch(claim.key.partition, [listing, creation])
        except DocumentConflict:
            return False
        return True

    def rename(self, collection: Collection, person_id: str, *, old: str, new: str) -> None:
        """List a person under its new name in place of the old one."""
        if old != new:
            self.register(collection, new, person_id)
            self.withdraw(collection, old, person_id)

    def close(self, claim: NameClaim) -> None:
        """Remove a claim that lists no person, unless it changed meanwhile."""
        if not claim.person_ids:
            with suppress(DocumentConflict):
                self._container.delete(claim.key, etag=claim.etag)

    def register(self, collection: Collection, name: str, person_id: str) -> None:
        """List a person; nothing happens if names are not indexed."""
        if collection.names is NameIndex.OFF:
            return
        while True:
            claim = self.open(collection, name)
            if person_id in claim.person_ids or self._write(claim, (*claim.person_ids, person_id)):
                return

    def withdraw(self, collection: Collection, name: str, person_id: str) -> None:
        """Remove a person from its claim; call it before the deletion.

        A request that has read the claim already cannot create a person by it any more.
        """
        if collection.names is NameIndex.OFF:
            return
        while True:
            key, bucket = _place(collection, name)
            document = self._container.get(key)
            if document is None:
                return
            claim = NameClaim(key, bucket, tuple(document.body["persons"]), document.etag)
            if self._write(claim, [one for one in claim.person_ids if one != person_id]):
                return

    def _write(self, claim: NameClaim, person_ids: Sequence[str]) -> bool:
        """Whether the claim could be written; one that lists no person is removed."""
        write = claim.listing(person_ids) if person_ids else Delete(claim.key.id, claim.etag)
        try:
            self._container.batch(claim.key.partition, [write])
        except DocumentConflict:
            return False
        return True


def _place(collection: Collection, name: str) -> tuple[Key, str]:
    """Key and bucket of a name's claim."""
    digest = hashlib.sha256(f"{collection.incarnation}:{name}".encode()).hexdigest()
    return Key(partition_of(collection, digest), _PREFIX + digest), digest[0]
