"""Queue message schemas, as JSON."""

from __future__ import annotations

import msgspec

from shared.domain.collections import KINDS, CollectionKey, CollectionKind
from shared.domain.values import Collection


class CollectionMessage(msgspec.Struct, frozen=True, rename="camel"):
    """Members of all messages about one incarnation of a collection."""

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
    """Execute a training run of a collection.

    Attributes:
        run: id of the run; empty: request one if nothing has been enrolled for a while.
    """

    run: str


class PurgeMessage(CollectionMessage, frozen=True):
    """Delete the data of a deleted collection."""

    @classmethod
    def of(cls, collection: Collection) -> PurgeMessage:
        """The message that purges a collection."""
        return cls(collection.kind.name, collection.collection_id, collection.incarnation)


class ErasureMessage(CollectionMessage, frozen=True):
    """Finish the deletions inside a collection, in its snapshots too.

    Attributes:
        person_id: the deleted person; only in messages of schema version 1.
        face_id: likewise; None: the whole person.
    """

    person_id: str | None = None
    face_id: str | None = None

    @classmethod
    def of(cls, collection: Collection) -> ErasureMessage:
        """The message that finishes the deletions of a collection."""
        return cls(collection.kind.name, collection.collection_id, collection.incarnation)


class UploadMessage(msgspec.Struct, frozen=True):
    """Ingest an upload again if its ETag has changed."""

    name: str
    etag: str


class DuplicatesMessage(msgspec.Struct, frozen=True):
    """Run a search for duplicates.

    Attributes:
        search: the name of its record.
    """

    search: str


def encode(message: msgspec.Struct) -> str:
    """The message as text."""
    return msgspec.json.encode(message).decode()
