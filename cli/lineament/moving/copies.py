"""Copies the persons of a group, without faces, to another group or service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from lineament.connection.client import Client
from lineament.errors import NotFound, NotOffered
from lineament.moving.archive import collection_line, import_lines, person_line
from lineament.service.collections import Collection, create_collection, get_collection
from lineament.service.gates import get_gate
from lineament.service.persons import create_person, list_persons


@dataclass(frozen=True, slots=True)
class SourceGroup:
    """A group as it is to be made.

    Attributes:
        persons: with personId, name and perhaps userData.
        gate: its rules of enrolment; None for none.
    """

    name: str
    user_data: str | None
    recognition_model: str
    persons: list[dict[str, Any]]
    gate: dict[str, str] | None = None


def read_group(client: Client, group: Collection) -> SourceGroup:
    """Read a group and its persons."""
    facts = get_collection(client, group)
    model = facts.get("recognitionModel", "recognition_01")
    persons = list(list_persons(client, group))
    return SourceGroup(facts["name"], facts.get("userData"), model, persons)


def copy_persons(
    client: Client, source: Collection, target: Collection, model: str
) -> dict[str, str]:
    """Make a group with the persons and the gate of another of the same service.

    Args:
        model: the recognition model of the new group.

    Returns:
        As :func:`make_group`.
    """
    group = replace(read_group(client, source), gate=_gate(client, source))
    return make_group(client, target, group, model)


def make_group(
    client: Client, target: Collection, group: SourceGroup, model: str
) -> dict[str, str]:
    """Make a group and its persons where they are missing.

    A Lineament service keeps the personIds. Another makes ids of its own; then persons that are
    there already are recognised by name and userData.

    Returns:
        The personId in the target of each personId of the source.
    """
    lines = [collection_line(target, group.name, group.user_data, model, group.gate)]
    lines += [person_line(p["personId"], p["name"], p.get("userData")) for p in group.persons]
    try:
        import_lines(client, str(target), lines)
    except NotOffered:
        return _made_anew(client, target, group, model)
    return {person["personId"]: person["personId"] for person in group.persons}


def _gate(client: Client, group: Collection) -> dict[str, str] | None:
    try:
        gate = get_gate(client, group)
    except NotOffered:
        return None
    return {rule: gate[rule] for rule in ("minimumQuality", "faces") if gate[rule]} or None


def _made_anew(
    client: Client, target: Collection, group: SourceGroup, model: str
) -> dict[str, str]:
    try:
        get_collection(client, target)
    except NotFound:
        create_collection(client, target, group.name, group.user_data, model)
    present = _by_content(list_persons(client, target))
    ids = {}
    for person in group.persons:
        same = present[person["name"], person.get("userData")]
        ids[person["personId"]] = (
            same.pop(0)
            if same
            else create_person(client, target, person["name"], person.get("userData"))
        )
    return ids


def _by_content(persons: Iterable[dict[str, Any]]) -> dict[tuple[str, str | None], list[str]]:
    found: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    for person in persons:
        found[person["name"], person.get("userData")].append(person["personId"])
    return found
