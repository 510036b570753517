"""What the service says to itself through queues, as JSON."""

from __future__ import annotations

import msgspec

from shared.domain.collections import KINDS, CollectionKey, CollectionKind
from shared.domain.values import Collection


class CollectionMessage(msgspec.Struct, frozen=True, rename="camel"):
    """What every message says: which life of which collection it is about."""

    kind: str
    collection_id: str
    incarnation: str

    @property
    def key(self) -> CollectionKey:
        """The collection that is meant."""
        return CollectionKey(self.collection_kind, self.collection_id)

    @property
    def collection_kind(self) -> CollectionKind:
        """The kind of the collection."""
        return KINDS[self.kind]


class TrainingMessage(CollectionMessage, frozen=True):
    """Train that run of that collection."""

    run: str


class PurgeMessage(CollectionMessage, frozen=True):
    """Sweep what a deleted life of a collection left."""

    @classmethod
    def of(cls, collection: Collection) -> PurgeMessage:
        """The message that purges a collection."""
        return cls(collection.kind.name, collection.collection_id, collection.incarnation)


class ErasureMessage(CollectionMessage, frozen=True):
    """Take a deleted person, or one deleted face of it, out of what a training wrote.

    Without a person: rewrite what an older version of the service wrote.
    """

    person_id: str | None = None
    face_id: str | None = None

    @classmethod
    def of_format(cls, collection: Collection) -> ErasureMessage:
        """The message that rewrites a snapshot of an older format."""
        return cls(collection.kind.name, collection.collection_id, collection.incarnation)


def encode(message: msgspec.Struct) -> str:
    """The message as text."""
    return msgspec.json.encode(message).decode()
