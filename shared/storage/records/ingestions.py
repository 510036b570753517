"""Ingestion records: the state of each upload's ingestion, by name and content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.errors import ConcurrentOperation, DocumentConflict
from shared.domain.identifiers import derived_id
from shared.storage.documents.store import Document, DocumentContainer, Key, read_time, stored_time

_NAMESPACE = "6f2e1b0a-6f6b-5a44-9d8e-1c1f6d1b7a55"
"""Namespace of all faceIds of uploads. Arbitrary, but must never change."""


@dataclass(frozen=True, slots=True)
class IngestionKey:
    """Identity of an ingestion.

    Attributes:
        partition: first two hex digits of the SHA-256 of the blob's name.
        digest: SHA-256, hex, of content, name and the metadata that matters.
    """

    partition: str
    digest: str


def ingestion_key(name: str, content: bytes, relevant: Mapping[str, str]) -> IngestionKey:
    """The key of an upload: the same content, name and metadata give the same key."""
    parts = [hashlib.sha256(content).hexdigest(), name, dict(sorted(relevant.items()))]
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return IngestionKey(hashlib.sha256(name.encode()).hexdigest()[:2], digest)


@dataclass(frozen=True, slots=True)
class Ingestion:
    """One ingestion of an upload.

    Attributes:
        generation: counts ingestions of the upload; each gives other faceIds.
        expires: when its faceIds expire.
        done: whether the result was written.
        etag: of the record.
    """

    key: IngestionKey
    generation: int
    expires: datetime
    done: bool
    etag: str

    @property
    def namespace(self) -> str:
        """The namespace of this ingestion's faceIds."""
        return derived_id(_NAMESPACE, f"{self.key.digest}:{self.generation}")


class IngestionRecords:
    """Reads and writes ingestion records."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def find(self, key: IngestionKey) -> Ingestion | None:
        """The latest ingestion, or None."""
        document = self._container.get(Key(key.partition, key.digest))
        return None if document is None else _ingestion(key, document)

    def begin(
        self, key: IngestionKey, *, previous: Ingestion | None, expires: datetime
    ) -> Ingestion:
        """Begin the next ingestion; if another worker has just begun one, return that one.

        Raises:
            ConcurrentOperation: another worker began an ingestion and its record disappeared.
        """
        generation = 0 if previous is None else previous.generation + 1
        fresh = Ingestion(key, generation, expires, done=False, etag="")
        place = Key(key.partition, key.digest)
        try:
            if previous is None:
                document = self._container.create(place, _body(fresh))
            else:
                document = self._container.replace(place, _body(fresh), etag=previous.etag)
        except DocumentConflict:
            theirs = self.find(key)
            if theirs is None:
                raise ConcurrentOperation(key.digest) from None
            return theirs
        return replace(fresh, etag=document.etag)

    def finish(self, ingestion: Ingestion) -> None:
        """Record that the result was written; the record of a newer ingestion is left unchanged."""
        key = ingestion.key
        current = self.find(key)
        if current is None or current.generation != ingestion.generation or current.done:
            return
        try:
            self._container.replace(
                Key(key.partition, key.digest),
                _body(replace(current, done=True)),
                etag=current.etag,
            )
        except DocumentConflict:
            # Another worker wrote the same, or began a newer ingestion.
            return


def _body(ingestion: Ingestion) -> dict[str, object]:
    return {
        "generation": ingestion.generation,
        "expires": stored_time(ingestion.expires),
        "done": ingestion.done,
    }


def _ingestion(key: IngestionKey, document: Document) -> Ingestion:
    body = document.body
    return Ingestion(
        key, body["generation"], read_time(body["expires"]), body["done"], document.etag
    )
