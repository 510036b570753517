"""Receipts: what a request with an Idempotency-Key created, whatever becomes of it.

A repetition of a request whose answer was lost finds by its ids what the first attempt created.
What was deleted meanwhile is not found, and must not be created again: therefore a receipt is
written in the same batch, beside what is created. It holds an id and lives as long as the request's
record, or until its collection is purged; deletions leave it alone.

Uploads are repeated too. The face that one adds to a large face list, where no other document could
make the write conditional, has a receipt for the same reason: a worker that found no face, and
writes it after another one did and the face was deleted, fails.
"""

from __future__ import annotations

from shared.domain.errors import DocumentExists
from shared.domain.identifiers import is_derived, is_of_repeatable_request
from shared.storage.documents.store import Body, Create, DocumentContainer, Key, Operation

_PREFIX = "k."
_LIFETIME = 25 * 3_600
"""Seconds: an hour longer than the record of a request that was begun before."""


def of(identifier: str) -> list[Operation]:
    """What to write together with the creation of this id; nothing for ids of other requests."""
    return [_receipt(identifier)] if is_of_repeatable_request(identifier) else []


def was_created(container: DocumentContainer, partition: str, identifier: str) -> bool:
    """Whether the request that has this id created it before; it may have been deleted since.

    Costs a point read for ids of repeatable requests, nothing for others.
    """
    return is_of_repeatable_request(identifier) and (
        container.get(Key(partition, _PREFIX + identifier)) is not None
    )


def refuse_repetition(container: DocumentContainer, partition: str, identifier: str) -> None:
    """Check, before something is created, that this request did not create it before.

    Raises:
        DocumentExists: it did.
    """
    if was_created(container, partition, identifier):
        raise DocumentExists(identifier)


def create_once(container: DocumentContainer, key: Key, body: Body, identifier: str) -> None:
    """Create a document, with a receipt where its request or its upload may be repeated.

    Raises:
        DocumentExists: it exists, or this request or upload created it before.
    """
    if is_of_repeatable_request(identifier) or is_derived(identifier):
        container.batch(key.partition, [Create(key.id, body), _receipt(identifier)])
    else:
        container.create(key, body)


def _receipt(identifier: str) -> Create:
    return Create(_PREFIX + identifier, {}, ttl=_LIFETIME)
