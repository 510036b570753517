"""Limits that every document store enforces, so that all accept the same input.

They are those of Cosmos DB for NoSQL ("Azure Cosmos DB service quotas"): item ids of up to
1,023 bytes without ``/ \\ ? #``, partition keys of up to 2,048 bytes, items of up to 2 MB, batches
of up to 100 operations and 2 MB. Exceeding one is a mistake in the calling code and raises
ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from shared.storage.documents.store import (
    MAXIMUM_BATCH_BYTES,
    MAXIMUM_BATCH_OPERATIONS,
    MAXIMUM_DOCUMENT_BYTES,
    MAXIMUM_KEYS,
    Body,
    Operation,
)
from shared.storage.layout import ContainerSpec

MAXIMUM_ID_BYTES = 1_023
MAXIMUM_PARTITION_BYTES = 2_048

LIVES_FOREVER = -1
"""The ttl of a document that never expires, whatever its container's default."""

_MAXIMUM_TTL = 2**31 - 1
_RESERVED_MEMBERS = frozenset({"id", "pk", "ttl"})
_FORBIDDEN_IN_IDS = frozenset("/\\?#")
_MEMBER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_CONTAINER_NAME = re.compile(r"[a-z][a-z0-9-]{2,62}")


def check_container_name(name: str) -> None:
    """Validate a container's name.

    Raises:
        ValueError: it is not 3 to 63 lower-case letters, digits and hyphens.
    """
    if not _CONTAINER_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a valid container name.")


def check_same_spec(opened: ContainerSpec, requested: ContainerSpec) -> None:
    """Check that a container is requested with the spec it was opened with.

    Raises:
        ValueError: the specs differ.
    """
    if requested != opened:
        raise ValueError(f"The container {opened.name!r} is already open with another spec.")


def check_id(identifier: str) -> None:
    """Validate a document's id.

    Raises:
        ValueError: it is empty, too long, ends in white space or has a forbidden character.
    """
    if not identifier:
        raise ValueError("A document's id may not be empty.")
    if len(identifier.encode()) > MAXIMUM_ID_BYTES:
        raise ValueError(f"A document's id may have at most {MAXIMUM_ID_BYTES} bytes.")
    if not _FORBIDDEN_IN_IDS.isdisjoint(identifier):
        raise ValueError("A document's id may not contain / \\ ? or #.")
    if identifier[-1].isspace():
        raise ValueError("A document's id may not end in white space.")


def check_partition(partition: str) -> None:
    """Validate a partition key.

    Raises:
        ValueError: it is empty or longer than 2,048 bytes.
    """
    if not partition:
        raise ValueError("A partition may not be the empty string.")
    if len(partition.encode()) > MAXIMUM_PARTITION_BYTES:
        raise ValueError(f"A partition may have at most {MAXIMUM_PARTITION_BYTES} bytes.")


def check_limit(limit: int) -> None:
    """Validate the number of documents of a read.

    Raises:
        ValueError: it is not 1 to 1,000.
    """
    if not 1 <= limit <= MAXIMUM_KEYS:
        raise ValueError(f"Ask for 1 to {MAXIMUM_KEYS} documents at once, not {limit}.")


def check_members(members: Sequence[str]) -> None:
    """Validate the names of the members that a query selects.

    Raises:
        ValueError: a name has other characters than letters, digits and underscores, or is
            reserved.
    """
    for member in members:
        if not _MEMBER_NAME.fullmatch(member) or member in _RESERVED_MEMBERS:
            raise ValueError(f"{member!r} cannot be selected.")


def checked_size(body: Body) -> int:
    """The length of a body as JSON, in bytes.

    Raises:
        ValueError: it has a member that belongs to the store, or is longer than 2 MB.
    """
    for member in body:
        if member in _RESERVED_MEMBERS or member.startswith("_"):
            raise ValueError(f"The member {member!r} belongs to the document store.")
    size = len(msgspec.json.encode(body))
    if size > MAXIMUM_DOCUMENT_BYTES:
        raise ValueError(
            f"A document may have at most {MAXIMUM_DOCUMENT_BYTES} bytes of JSON,"
            f" this one has {size}."
        )
    return size


def check_ttl(ttl: int | None) -> None:
    """Reject a time to live that is neither positive nor -1.

    Raises:
        ValueError: it is not None, -1, or 1 to 2,147,483,647.
    """
    if ttl is not None and ttl != LIVES_FOREVER and not 1 <= ttl <= _MAXIMUM_TTL:
        raise ValueError(f"A time to live is a positive number of seconds or -1, not {ttl}.")


def effective_ttl(spec: ContainerSpec, ttl: int | None) -> int | None:
    """The seconds after which a document expires; None: never.

    Args:
        ttl: as given by the caller. None: the container's default; -1: never.
    """
    if ttl is None:
        return spec.default_ttl
    return None if ttl == LIVES_FOREVER else ttl


def check_batch_length(operations: Sequence[Operation]) -> None:
    """Validate the number of operations of a batch.

    Raises:
        ValueError: there are more than 100.
    """
    if len(operations) > MAXIMUM_BATCH_OPERATIONS:
        raise ValueError(
            f"A batch may have at most {MAXIMUM_BATCH_OPERATIONS} operations,"
            f" this one has {len(operations)}."
        )


def check_batch_bytes(total: int) -> None:
    """Validate the total length of a batch's bodies.

    Raises:
        ValueError: they have more than 2 MB.
    """
    if total > MAXIMUM_BATCH_BYTES:
        raise ValueError(
            f"A batch may have at most {MAXIMUM_BATCH_BYTES} bytes of JSON, this one has {total}."
        )
