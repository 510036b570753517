"""Errors of requests that a resource's state does not allow now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.domain.errors.root import LineamentError

if TYPE_CHECKING:
    from shared.domain.collections import CollectionKind


class Conflict(LineamentError):
    """The state of the resource does not allow the request now."""

    code = "ConcurrentOperationConflict"


class CollectionExists(Conflict):
    """A collection of that kind with that id exists already."""

    def __init__(self, kind: CollectionKind) -> None:
        super().__init__(f"{kind.title} already exists.", code=f"{kind.name}Exists")


class TrainingNotFinished(Conflict):
    """The collection is being trained."""

    def __init__(self, kind: CollectionKind) -> None:
        super().__init__(f"{kind.title} is under training.", code=f"{kind.name}TrainingNotFinished")


class ConcurrentOperation(Conflict):
    """Concurrent requests changed the resource on every attempt."""

    def __init__(self, resource: str) -> None:
        super().__init__(f"There is a conflict operation on resource {resource}, please try later.")


class IdempotencyKeyReused(Conflict):
    """Another request was sent with the same Idempotency-Key."""

    code = "IdempotencyKeyReused"
    text = (
        "Another request was sent with this Idempotency-Key in the last 24 hours. Use a new key for"
        " a new request."
    )


class BlobChanged(Conflict):
    """A conditional blob write failed: another version exists, or none. A retry may succeed."""

    text = "Another process changed the blob. Try again."


class DocumentConflict(Conflict):
    """A conditional write to the document store was not applied. Services translate these."""


class DocumentExists(DocumentConflict):
    """Create failed because the id exists."""

    text = "A document with that id exists already."


class DocumentMissing(DocumentConflict):
    """Replace or delete failed because the document does not exist."""

    text = "There is no document with that id."


class DocumentChanged(DocumentConflict):
    """The document's ETag differs from the expected one."""

    text = "The document has been written since it was read."
