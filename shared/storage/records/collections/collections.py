"""Collections: one document each, in one of sixteen partitions per kind.

A collection's training record (`trainings.py`) is in the same partition.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice

from shared.domain.collections import CollectionKey, CollectionKind
from shared.domain.errors import (
    CollectionExists,
    CollectionNotFound,
    ConcurrentOperation,
    DocumentChanged,
    DocumentConflict,
    DocumentExists,
    DocumentMissing,
)
from shared.domain.face.enrolment import NO_RULES, EnrolmentRules, FaceChoice, MinimumQuality
from shared.domain.values import Collection, NameIndex
from shared.storage.documents.pages import pages_of
from shared.storage.documents.store import (
    Create,
    Delete,
    Document,
    DocumentContainer,
    Key,
    Operation,
)
from shared.storage.layout import BUCKETS

_COLLECTION_PREFIX = "c."
_TRAINING_PREFIX = "t."
_INTENT_PREFIX = "i."
_ATTEMPTS = 8


def document_key(key: CollectionKey) -> Key:
    """The key of a collection's own document."""
    return Key(_partition(key), _COLLECTION_PREFIX + key.collection_id)


def training_key(key: CollectionKey) -> Key:
    """The key of a collection's training record, in the partition of the collection."""
    return Key(_partition(key), _TRAINING_PREFIX + key.collection_id)


def _intent_key(key: CollectionKey) -> Key:
    return Key(_partition(key), _INTENT_PREFIX + key.collection_id)


class CollectionRecords:
    """Reads and writes collections."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def create(self, collection: Collection) -> None:
        """Store a new collection.

        Raises:
            CollectionExists: the id is taken.
        """
        key = CollectionKey(collection.kind, collection.collection_id)
        try:
            self._container.create(document_key(key), _body(collection))
        except DocumentExists:
            raise CollectionExists(collection.kind) from None

    def intend(self, key: CollectionKey) -> str:
        """Store the intent to create a collection; returns the ETag for ``create_intended``.

        A deletion of the collection revokes earlier intents.
        """
        place = _intent_key(key)
        while True:
            document = self._container.get(place)
            if document is None:
                try:
                    document = self._container.create(place, {})
                except DocumentExists:
                    continue
            return document.etag

    def create_intended(self, collection: Collection, intent: str) -> bool:
        """Store a new collection; False if its id is taken, or the intent was revoked."""
        key = collection.key
        operations: list[Operation] = [
            Delete(_intent_key(key).id, intent),
            Create(document_key(key).id, _body(collection)),
        ]
        try:
            self._container.batch(_partition(key), operations)
        except DocumentConflict:
            return False
        return True

    def abandon(self, key: CollectionKey, intent: str) -> None:
        """Remove an intent that is not used, unless it was revoked."""
        with suppress(DocumentConflict):
            self._container.delete(_intent_key(key), etag=intent)

    def get(self, key: CollectionKey) -> Collection:
        """The collection.

        Raises:
            CollectionNotFound: there is none.
        """
        return _collection(key, self._document(key))

    def find(self, key: CollectionKey) -> Collection | None:
        """The collection, or None."""
        document = self._container.get(document_key(key))
        return None if document is None else _collection(key, document)

    def find_many(self, keys: Sequence[CollectionKey]) -> list[Collection | None]:
        """Like find, for up to 1,000 collections; results are in the order of the keys."""
        documents = self._container.get_many([document_key(key) for key in keys])
        return [
            None if document is None else _collection(key, document)
            for key, document in zip(keys, documents, strict=True)
        ]

    def update(self, key: CollectionKey, change: Callable[[Collection], Collection]) -> Collection:
        """Replace a collection by the result of ``change``; repeated if it was written meanwhile.

        Raises:
            CollectionNotFound: it does not exist or was deleted.
            ConcurrentOperation: other requests changed it at every attempt.
        """
        for _ in range(_ATTEMPTS):
            document = self._document(key)
            changed = change(_collection(key, document))
            try:
                self._container.replace(document_key(key), _body(changed), etag=document.etag)
            except DocumentChanged:
                continue
            except DocumentMissing:
                raise CollectionNotFound(key.kind) from None
            return changed
        raise ConcurrentOperation(key.collection_id)

    def delete(
        self, key: CollectionKey, incarnation: str, announce: Callable[[], None] | None = None
    ) -> None:
        """Delete a collection and its training record; this commits the deletion.

        Args:
            announce: called before each attempt, after the collection was read.

        Raises:
            CollectionNotFound: that incarnation does not exist or was deleted.
            ConcurrentOperation: other requests changed it at every attempt.
        """
        for _ in range(_ATTEMPTS):
            document = self._document(key)
            if document.body["incarnation"] != incarnation:
                raise CollectionNotFound(key.kind)
            operations = [Delete(document_key(key).id, document.etag)]
            training = self._container.get(training_key(key))
            if training is not None:
                operations.append(Delete(training_key(key).id, training.etag))
            intent = self._container.get(_intent_key(key))
            if intent is not None:
                operations.append(Delete(intent.key.id, intent.etag))
            if announce is not None:
                announce()
            try:
                self._container.batch(_partition(key), operations)
            except (DocumentChanged, DocumentMissing):
                continue
            return
        raise ConcurrentOperation(key.collection_id)

    def touch(self, key: CollectionKey, incarnation: str) -> bool:
        """Rewrite a collection unchanged; a deletion that read it earlier must read it again.

        Returns:
            False if that incarnation does not exist, or was written meanwhile.
        """
        document = self._container.get(document_key(key))
        if document is None or document.body["incarnation"] != incarnation:
            return False
        try:
            self._container.replace(document.key, document.body, etag=document.etag)
        except DocumentConflict:
            return False
        return True

    def page(self, kind: CollectionKind, *, start: str, top: int) -> list[Collection]:
        """Up to ``top`` collections of a kind with ids greater than ``start``, in order of id."""
        buckets = (self._walk(kind, bucket, start, top) for bucket in BUCKETS)
        merged = heapq.merge(*buckets, key=lambda collection: collection.collection_id)
        return list(islice(merged, top))

    def count(self, kind: CollectionKind) -> int:
        """The number of collections of a kind."""
        return sum(
            self._container.count(f"{kind.name}:{bucket}", prefix=_COLLECTION_PREFIX)
            for bucket in BUCKETS
        )

    def _walk(
        self, kind: CollectionKind, bucket: str, start: str, top: int
    ) -> Iterator[Collection]:
        # On average a bucket contributes a sixteenth of the page; twice that is read at once.
        size = max(10, top // 8)
        after = _COLLECTION_PREFIX + start
        partition = f"{kind.name}:{bucket}"
        for page in pages_of(
            self._container, partition, prefix=_COLLECTION_PREFIX, after=after, limit=size
        ):
            for document in page:
                collection_id = document.key.id.removeprefix(_COLLECTION_PREFIX)
                yield _collection(CollectionKey(kind, collection_id), document)

    def _document(self, key: CollectionKey) -> Document:
        document = self._container.get(document_key(key))
        if document is None:
            raise CollectionNotFound(key.kind)
        return document


def _partition(key: CollectionKey) -> str:
    digest = hashlib.sha1(key.collection_id.encode(), usedforsecurity=False).hexdigest()
    return f"{key.kind.name}:{digest[0]}"


def _body(collection: Collection) -> dict[str, object]:
    return {
        "name": collection.name,
        "userData": collection.user_data,
        "recognitionModel": collection.recognition_model,
        "incarnation": collection.incarnation,
        **({} if collection.names is NameIndex.OFF else {"names": collection.names.value}),
        **({"gate": _gate_body(collection.gate)} if collection.gate.any else {}),
    }


def _gate_body(gate: EnrolmentRules) -> dict[str, str]:
    quality, faces = gate.minimum_quality, gate.faces
    return {
        **({} if quality is None else {"minimumQuality": quality.value}),
        **({} if faces is None else {"faces": faces.value}),
    }


def _gate(body: Mapping[str, str]) -> EnrolmentRules:
    quality, faces = body.get("minimumQuality"), body.get("faces")
    return EnrolmentRules(
        None if quality is None else MinimumQuality(quality),
        None if faces is None else FaceChoice(faces),
    )


def _collection(key: CollectionKey, document: Document) -> Collection:
    body = document.body
    return Collection(
        kind=key.kind,
        collection_id=key.collection_id,
        name=body["name"],
        user_data=body["userData"],
        recognition_model=body["recognitionModel"],
        incarnation=body["incarnation"],
        names=NameIndex(body.get("names", NameIndex.OFF)),
        gate=_gate(body["gate"]) if "gate" in body else NO_RULES,
    )
