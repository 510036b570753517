"""Queue message schemas, as JSON."""

from __future__ import annotations

import msgspec

from shared.domain.collections import KINDS, CollectionKey, CollectionKind
from shared.domain.values import Collection


class CollectionMessage(msgspec.Struct, frozen=True, rename="camel"):
    """What every message has: which incarnation of which collection it is about."""

    kind: str
    collection_id: str
    incarnation: str

    @property
    def key(self) -> CollectionKey:
        """The collection."""
        return CollectionKey(self.collection_kind, self.collection_id)

    @property
    def collection_kind(self) -> CollectionKind:
        """The kind of the collection."""
        return KINDS[self.kind]


class TrainingMessage(CollectionMessage, frozen=True):
    """Carry out that training run of that collection.

    Attributes:
        run: the run; empty: request one if nothing was enrolled for a while.
    """

    run: str


class PurgeMessage(CollectionMessage, frozen=True):
    """Delete what is left of a deleted collection."""

    @classmethod
    def of(cls, collection: Collection) -> PurgeMessage:
        """The message that purges a collection."""
        return cls(collection.kind.name, collection.collection_id, collection.incarnation)


class ErasureMessage(CollectionMessage, frozen=True):
    """Finish the deletions inside a collection, and clear its snapshots of what is deleted.

    Attributes:
        person_id: in messages of versions before schema 2, which named what was deleted.
        face_id: likewise; None: the whole person.
    """

    person_id: str | None = None
    face_id: str | None = None

    @classmethod
    def of(cls, collection: Collection) -> ErasureMessage:
        """The message that finishes the deletions of a collection."""
        return cls(collection.kind.name, collection.collection_id, collection.incarnation)


class UploadMessage(msgspec.Struct, frozen=True):
    """Ingest an upload again if it has another ETag by now."""

    name: str
    etag: str


class DuplicatesMessage(msgspec.Struct, frozen=True):
    """Carry out a search for duplicates.

    Attributes:
        search: the name of its record.
    """

    search: str


def encode(message: msgspec.Struct) -> str:
    """The message as text."""
    return msgspec.json.encode(message).decode()
