"""Ingestion records: the state of each upload's ingestion, by name and content."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.errors import ConcurrentOperation, DocumentConflict, Unavailable
from shared.domain.identifiers import derived_id
from shared.storage.documents.store import Document, DocumentContainer, Key, read_time, stored_time

_log = logging.getLogger(__name__)

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
    return IngestionKey(_name_partition(hashlib.sha256(name.encode()).hexdigest()), digest)


@dataclass(frozen=True, slots=True)
class Ingestion:
    """One ingestion of an upload.

    Attributes:
        generation: counts the ingestions of the upload; each has faceIds of its own.
        expires: when its faceIds expire.
        attempts: how often computing the result was begun; attempts that an infrastructure fault
            ended do not count.
        done: whether the result was written.
        etag: of the record.
        repeated: whether a result was written before this attempt.
    """

    key: IngestionKey
    generation: int
    expires: datetime
    attempts: int
    done: bool
    etag: str
    repeated: bool = False

    @property
    def is_first(self) -> bool:
        """Whether this is the first attempt at this content, so that there is no result yet."""
        return self.generation == 0 and self.attempts == 1 and not self.repeated

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
        fresh = Ingestion(key, generation, expires, attempts=1, done=False, etag="")
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

    def begin_attempt(self, ingestion: Ingestion) -> Ingestion:
        """Count an attempt before it is made, so that one that ends the process counts too.

        Raises:
            ConcurrentOperation: other workers changed the record, or it disappeared.
        """
        attempts = 1 if ingestion.done else ingestion.attempts + 1
        repeated = ingestion.repeated or ingestion.done
        again = replace(ingestion, attempts=attempts, done=False, repeated=repeated)
        try:
            return self._write(again)
        except DocumentConflict:
            raise ConcurrentOperation(ingestion.key.digest) from None

    def take_back_attempt(self, ingestion: Ingestion) -> None:
        """Do not count an attempt that an infrastructure fault ended; best effort."""
        try:
            self._write(replace(ingestion, attempts=max(ingestion.attempts - 1, 0)))
        except (DocumentConflict, Unavailable) as error:
            _log.info("an attempt stays counted", extra={"error": type(error).__name__})

    def note_repeat(self, name: str, etag: str) -> None:
        """Remember that this version of an upload needs no result of its own."""
        key, body = _repeat_key(name), {"etag": etag}
        try:
            self._container.create(key, body)
        except DocumentConflict:
            self._container.replace(key, body)

    def is_repeat(self, name: str, etag: str) -> bool:
        """Whether ``note_repeat`` was called last with this version of the upload."""
        document = self._container.get(_repeat_key(name))
        return document is not None and document.body["etag"] == etag

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

    def _write(self, ingestion: Ingestion) -> Ingestion:
        key = Key(ingestion.key.partition, ingestion.key.digest)
        document = self._container.replace(key, _body(ingestion), etag=ingestion.etag)
        return replace(ingestion, etag=document.etag)


def _name_partition(digest: str) -> str:
    return digest[:2]


def _repeat_key(name: str) -> Key:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Key(_name_partition(digest), f"repeat:{digest}")


def _body(ingestion: Ingestion) -> dict[str, object]:
    return {
        "generation": ingestion.generation,
        "expires": stored_time(ingestion.expires),
        "attempts": ingestion.attempts,
        "done": ingestion.done,
        "repeated": ingestion.repeated,
    }


def _ingestion(key: IngestionKey, document: Document) -> Ingestion:
    body = document.body
    return Ingestion(
        key,
        generation=body["generation"],
        expires=read_time(body["expires"]),
        attempts=body.get("attempts", 0),  # absent in records of version 0.1
        done=body["done"],
        etag=document.etag,
        repeated=body.get("repeated", False),  # absent in records of version 0.1
    )
