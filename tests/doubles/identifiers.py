"""Ids that are the same in every run."""

from __future__ import annotations

import random
import uuid

_ids = random.Random(1)  # noqa: S311 - ids of tests


def new_id() -> str:
    """A new UUID."""
    return str(uuid.UUID(int=_ids.getrandbits(128), version=4))


def begin_ids_again() -> None:
    """Make the same ids again: for histories that are to be repeated."""
    _ids.seed(1)
