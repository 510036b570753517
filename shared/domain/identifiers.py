"""Identifiers: their formats, generation and validation."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Protocol

COLLECTION_ID = re.compile(r"[a-z0-9_-]{1,64}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

_VERSION = 14
"""Index of the version digit in a hyphenated UUID."""
_DERIVED, _REPEATABLE = "5", "8"


class IdFactory(Protocol):
    """Generates identifiers; passed in so that tests can predict them."""

    def __call__(self) -> str:
        """A new, unique UUID, lower case and hyphenated."""
        ...


def random_id() -> str:
    """A random (version 4) UUID, lower case and hyphenated."""
    return str(uuid.uuid4())


class RequestIds:
    """New ids; inside ``derived_from``, the ids of one request.

    A request that is repeated gets the same ids in the same order. What exists under them was
    created by an earlier attempt, so that a creation succeeds if its id exists already. These ids
    are UUIDs of version 8, so that `is_of_repeatable_request` recognises them.

    Args:
        new_id: generates the other ids.
    """

    def __init__(self, new_id: IdFactory) -> None:
        self._new_id = new_id
        self._derived: ContextVar[Iterator[str] | None] = ContextVar("derived", default=None)

    def __call__(self) -> str:
        """The next id, a UUID, lower case and hyphenated."""
        derived = self._derived.get()
        return self._new_id() if derived is None else next(derived)

    @contextmanager
    def derived_from(self, namespace: str) -> Iterator[None]:
        """Derive the ids of this thread from a namespace, a UUID."""
        token = self._derived.set(_repeatable_id(namespace, number) for number in count())
        try:
            yield
        finally:
            self._derived.reset(token)


def derived_id(namespace: str, name: str) -> str:
    """The version 5 UUID of a namespace and a name; the same arguments give the same UUID.

    Args:
        namespace: a UUID.
        name: unique within the namespace.
    """
    return str(uuid.uuid5(uuid.UUID(namespace), name))


def is_derived(identifier: str) -> bool:
    """Whether ``derived_id`` made an id.

    Args:
        identifier: a UUID, lower case and hyphenated.
    """
    return identifier[_VERSION] == _DERIVED


def is_of_repeatable_request(identifier: str) -> bool:
    """Whether an id was derived for a request that may be repeated.

    Args:
        identifier: a UUID, lower case and hyphenated.
    """
    return identifier[_VERSION] == _REPEATABLE


def _repeatable_id(namespace: str, number: int) -> str:
    """A UUID of version 8, whose other bits are free (RFC 9562 §5.8): those of ``derived_id``."""
    derived = derived_id(namespace, str(number))
    return f"{derived[:_VERSION]}{_REPEATABLE}{derived[_VERSION + 1 :]}"


def is_collection_id(text: str) -> bool:
    """Whether text is 1 to 64 lower-case letters, digits, hyphens and underscores."""
    return COLLECTION_ID.fullmatch(text) is not None


def canonical_uuid(text: str) -> str | None:
    """The lower-case hyphenated form of a UUID, or None if the text is not a UUID."""
    lowered = text.lower()
    return lowered if _UUID.fullmatch(lowered) else None
