"""Persons of a group and their faces."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from lineament.connection.client import Client
from lineament.errors import NotFound, NotOffered, Refused
from lineament.service.collections import Collection

_PAGE = 1000


def list_persons(client: Client, group: Collection) -> Iterator[dict[str, Any]]:
    """The persons of a group in order of id, with personId, name, userData, persistedFaceIds."""
    start = ""
    while True:
        query = {"start": start or None, "top": _PAGE}
        page = client.json("GET", f"{group.path}/persons", query=query)
        yield from page
        if len(page) < _PAGE:
            return
        start = page[-1]["personId"]


def list_by_name(client: Client, group: Collection, prefix: str) -> Iterator[dict[str, Any]]:
    """The persons whose names begin with a prefix, in any case.

    Lists all persons where the service lacks Lineament's own routes.
    """
    start: str | None = None
    while True:
        query = {"collection": str(group), "name": prefix, "start": start}
        try:
            page = client.json("GET", "lineament/v1/persons", query=query)
        except NotOffered:
            begins = prefix.casefold()
            for person in list_persons(client, group):
                if person["name"].casefold().startswith(begins):
                    yield person
            return
        yield from page["persons"]
        start = page.get("continuation")
        if start is None:
            return


def find_person(client: Client, group: Collection, text: str) -> dict[str, Any]:
    """The person that a personId or a name means.

    Raises:
        NotFound: there is none.
        Refused: several persons have that name.
    """
    if is_uuid(text):
        found: dict[str, Any] = client.json("GET", person_path(group, text))
        return found
    named = [one for one in list_by_name(client, group, text) if one["name"] == text]
    if not named:
        raise NotFound(f"{group} has no person named {text!r}. `lineament persons list` lists all.")
    if len(named) > 1:
        ids = ", ".join(one["personId"] for one in named)
        raise Refused(f"{len(named)} persons are named {text!r}; use one of their ids: {ids}")
    return named[0]


def create_person(client: Client, group: Collection, name: str, user_data: str | None) -> str:
    """Create a person and return its personId."""
    body = {"name": name} if user_data is None else {"name": name, "userData": user_data}
    created = client.json("POST", f"{group.path}/persons", json=body)
    return str(created["personId"])


def person_path(group: Collection, person_id: str) -> str:
    """The path of a person below the endpoint."""
    return f"{group.path}/persons/{quote(person_id, safe='')}"


def face_path(group: Collection, person_id: str | None, face_id: str) -> str:
    """The path of a persisted face, of a person or of a list."""
    owner = group.path if person_id is None else person_path(group, person_id)
    return f"{owner}/persistedfaces/{quote(face_id, safe='')}"


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID in its usual form of 36 characters."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
