"""What the service says to itself through queues, as JSON."""

from __future__ import annotations

import msgspec

from shared.faces.collections import KINDS, CollectionKey, CollectionKind
from shared.faces.values import Collection


class TrainingMessage(msgspec.Struct, frozen=True, rename="camel"):
    """Train that run of that collection."""

    kind: str
    collection_id: str
    incarnation: str
    run: str

    @property
    def key(self) -> CollectionKey:
        """The collection that is meant."""
        return CollectionKey(KINDS[self.kind], self.collection_id)


class PurgeMessage(msgspec.Struct, frozen=True, rename="camel"):
    """Sweep what a deleted life of a collection left."""

    kind: str
    collection_id: str
    incarnation: str

    @classmethod
    def of(cls, collection: Collection) -> PurgeMessage:
        """The message that purges a collection."""
        return cls(collection.kind.name, collection.collection_id, collection.incarnation)

    @property
    def collection_kind(self) -> CollectionKind:
        """The kind of the collection."""
        return KINDS[self.kind]

    @property
    def key(self) -> CollectionKey:
        """The collection that is meant."""
        return CollectionKey(self.collection_kind, self.collection_id)


class ErasureMessage(msgspec.Struct, frozen=True, rename="camel"):
    """Take a deleted person, or one deleted face of it, out of what a training wrote."""

    kind: str
    collection_id: str
    incarnation: str
    person_id: str
    face_id: str | None = None

    @property
    def key(self) -> CollectionKey:
        """The collection that is meant."""
        return CollectionKey(KINDS[self.kind], self.collection_id)


def encode(message: msgspec.Struct) -> str:
    """The message as text."""
    return msgspec.json.encode(message).decode()
