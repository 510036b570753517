"""A group that exists only while something is computed from its faces."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lineament.connection.client import Client
from lineament.enrolment.sources import Item
from lineament.errors import NotFound
from lineament.service.collections import Collection, create_collection
from lineament.service.persons import list_persons

PREFIX = "lineament-temporary-"
"""Begins the group's id, so that one can be found that a killed program left behind."""


@contextmanager
def temporary_group(client: Client, recognition_model: str) -> Iterator[Collection]:
    """An empty large person group, which is deleted on leaving, whatever happened."""
    group = Collection("largepersongroups", PREFIX + uuid.uuid4().hex)
    create_collection(client, group, "temporary", None, recognition_model)
    try:
        yield group
    finally:
        client.call("DELETE", group.path)


def numbered(items: Sequence[Item], people: int, images: int) -> tuple[list[Item], dict[str, str]]:
    """Items whose persons have numbers instead of names, and the names by number.

    Args:
        people: maximum number of persons that are kept.
        images: maximum number of images per person.
    """
    numbers: dict[str, str] = {}
    taken: dict[str, int] = {}
    kept = []
    for item in items:
        if item.person not in numbers and len(numbers) == people:
            continue
        number = numbers.setdefault(item.person, str(len(numbers) + 1))
        taken[number] = taken.get(number, 0) + 1
        if taken[number] <= images:
            kept.append(Item(number, item.image, item.read))
    return kept, {number: name for name, number in numbers.items()}


def named_again(client: Client, group: Collection, names: dict[str, str], message: str) -> str:
    """A message of the service with the names of persons in place of their ids."""
    try:
        persons = list(list_persons(client, group))
    except NotFound:
        return message
    for person in persons:
        message = message.replace(person["personId"], names.get(person["name"], person["name"]))
    return message
