"""The sightings that an upload led to when it was first ingested.

They are deleted with the upload, and a later ingestion of the same version leads to no others: it
might find a person unknown who was deleted meanwhile.

One document per upload and version; its id begins with the hash of the upload's name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.domain.errors import DocumentMissing
from shared.storage.documents.store import Document, DocumentContainer, Key


@dataclass(frozen=True, slots=True)
class NotedUpload:
    """The sightings that one version of an upload may have led to.

    Attributes:
        digest: digest of the version.
        model: the embedding model of the faces.
    """

    digest: str
    model: str
    sightings: tuple[str, ...]


class NotedUploads:
    """Reads and writes those documents.

    Args:
        retention: how long a document is kept.
    """

    def __init__(self, container: DocumentContainer, retention: timedelta) -> None:
        self._container = container
        self._ttl = int(retention.total_seconds())

    def note(self, name: str, noted: NotedUpload) -> NotedUpload:
        """Store the sightings that an upload is about to lead to; returns what was stored first."""
        key = _key(name, noted.digest)
        body = {"model": noted.model, "sightings": list(noted.sightings)}
        (new,) = self._container.create_many([(key, body)], ttl=self._ttl)
        found = None if new else self._container.get(key)
        return noted if found is None else _noted(noted.digest, found)

    def of(self, name: str) -> Sequence[NotedUpload]:
        """What is stored about all versions of an upload."""
        digest = _digest(name)
        return [
            _noted(document.key.id.removeprefix(f"{digest}."), document)
            for document in self._container.page(_partition(digest), prefix=f"{digest}.")
        ]

    def forget(self, name: str, noted: NotedUpload) -> None:
        """Delete what is stored about one version."""
        try:
            self._container.delete(_key(name, noted.digest))
        except DocumentMissing:
            return  # Another call deleted it, or it has expired.


def _noted(digest: str, document: Document) -> NotedUpload:
    return NotedUpload(digest, document.body["model"], tuple(document.body["sightings"]))


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _partition(digest: str) -> str:
    return f"u:{digest[:2]}"


def _key(name: str, digest: str) -> Key:
    hashed = _digest(name)
    return Key(_partition(hashed), f"{hashed}.{digest}")
