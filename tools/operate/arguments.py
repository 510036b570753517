"""Arguments that several commands take."""

from __future__ import annotations

import argparse

from shared.domain.collections import LARGE_PERSON_GROUP, PERSON_GROUP, CollectionKey
from shared.domain.identifiers import is_collection_id

GROUP_KINDS = {kind.segment: kind for kind in (PERSON_GROUP, LARGE_PERSON_GROUP)}
"""The kinds of groups that have persons of their own, by path segment."""


def rate(text: str) -> float:
    """A false-accept rate, more than 0 and less than 1.

    Raises:
        argparse.ArgumentTypeError: it is not such a number.
    """
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number between 0 and 1")
    return number


def parse_group(text: str) -> CollectionKey | None:
    """The group that ``persongroups/id`` or ``largepersongroups/id`` names, else None."""
    segment, _, collection_id = text.partition("/")
    if segment not in GROUP_KINDS or not is_collection_id(collection_id):
        return None
    return CollectionKey(GROUP_KINDS[segment], collection_id)
