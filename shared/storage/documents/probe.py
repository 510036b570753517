"""Writes one document to show that a store can be written."""

from __future__ import annotations

from shared.domain.errors import DocumentExists, DocumentMissing
from shared.storage.documents.store import DocumentContainer, Key

_KEY = Key("health", "health")
_SECONDS = 3_600


def write_probe(container: DocumentContainer) -> None:
    """Create or overwrite the document, which expires after an hour.

    Raises:
        Unavailable: the store cannot be reached or written.
    """
    try:
        container.replace(_KEY, {}, ttl=_SECONDS)
    except DocumentMissing:
        try:
            container.create(_KEY, {}, ttl=_SECONDS)
        except DocumentExists:
            # Another instance created it at the same time: the store was written.
            return
