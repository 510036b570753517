"""Receipts: records of what a request with an Idempotency-Key created.

A repeated request whose answer was lost finds, by their ids, the objects that the first attempt
created. Objects that were deleted meanwhile must not be created again: therefore a receipt is
written in the same batch as each object. It holds an id only and exists as long as the request's
record, or until its collection is purged; deleting the object does not delete it.

Ingestions of uploads are repeated too, so a face that an upload adds to a large face list has a
receipt as well: no other document there makes the write conditional. A worker that found no face,
and writes it after another worker wrote it and it was deleted, fails.
"""

from __future__ import annotations

from shared.domain.errors import DocumentExists
from shared.domain.identifiers import is_derived, is_of_repeatable_request
from shared.storage.documents.store import Body, Create, DocumentContainer, Key, Operation

_PREFIX = "k."
_LIFETIME = 25 * 3_600
"""Seconds: an hour longer than a request's record, which is written earlier."""


def of(identifier: str) -> list[Operation]:
    """What to write together with the creation of this id; nothing for ids of other requests."""
    return [_receipt(identifier)] if is_of_repeatable_request(identifier) else []


def was_created(container: DocumentContainer, partition: str, identifier: str) -> bool:
    """Whether the request that has this id has created it; it may have been deleted since.

    Costs a point read for ids of repeatable requests, nothing for others.
    """
    return is_of_repeatable_request(identifier) and (
        container.get(Key(partition, _PREFIX + identifier)) is not None
    )


def refuse_repetition(container: DocumentContainer, partition: str, identifier: str) -> None:
    """Check, before an object is created, that this request has not created it yet.

    Raises:
        DocumentExists: it has.
    """
    if was_created(container, partition, identifier):
        raise DocumentExists(identifier)


def create_once(container: DocumentContainer, key: Key, body: Body, identifier: str) -> None:
    """Create a document, with a receipt where its request or its upload may be repeated.

    Raises:
        DocumentExists: it exists, or this request or upload has already created it.
    """
    if is_of_repeatable_request(identifier) or is_derived(identifier):
        container.batch(key.partition, [Create(key.id, body), _receipt(identifier)])
    else:
        container.create(key, body)


def _receipt(identifier: str) -> Create:
    return Create(_PREFIX + identifier, {}, ttl=_LIFETIME)
