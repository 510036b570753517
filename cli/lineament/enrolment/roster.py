"""The persons of a group during an enrolment: found by name or id, and made where missing."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lineament.connection.client import Client
from lineament.errors import NotFound, Refused
from lineament.service.collections import Collection
from lineament.service.once import create_once
from lineament.service.persons import face_path, list_persons, person_path
from lineament.text import normal_name

MARKER = "sha256:"
"""Begins the userData of faces that this program adds, before the digest of the image's bytes."""


@dataclass(slots=True)
class Member:
    """A person and the digests of the images that the person has.

    Attributes:
        faces: persistedFaceIds whose digests are not read yet.
        digests: of the images enrolled, or being enrolled.
    """

    person_id: str
    faces: list[str] = field(default_factory=list)
    digests: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Roster:
    """The persons of one group. Threads can share it.

    Args:
        by_id: items name personIds, and no person is made; else names.
    """

    def __init__(self, client: Client, group: Collection, *, by_id: bool = False) -> None:
        self._client = client
        self._group = group
        self._by_id = by_id
        self._lock = threading.Lock()
        self._members: dict[str, list[Member]] = defaultdict(list)
        self._load(list_persons(client, group))

    def member(self, person: str) -> Member:
        """The member that an item names.

        Raises:
            Refused: several persons have the name, or no person has the id.
        """
        with self._lock:
            members = self._members[person]
            if len(members) > 1:
                reason = f"{len(members)} persons of {self._group} are named {person!r}."
                raise Refused(reason, code="AmbiguousPerson")
            if not members:
                if self._by_id:
                    raise Refused(f"{self._group} has no person {person}.", code="NoPerson")
                members.append(Member(self._create(person)))
            return members[0]

    def load_digests(self, member: Member) -> None:
        """Read the digests of faces that are not known yet; the caller holds the member's lock."""
        while member.faces:
            path = face_path(self._group, member.person_id, member.faces[-1])
            marker = self._client.json("GET", path).get("userData") or ""
            if marker.startswith(MARKER):
                member.digests.add(marker)
            member.faces.pop()

    def was_added(self, member: Member, marker: str) -> bool:
        """Whether the service has a face of an image whose request got no answer."""
        person = self._client.json("GET", person_path(self._group, member.person_id))
        for face in person.get("persistedFaceIds", []):
            path = face_path(self._group, member.person_id, face)
            if self._client.json("GET", path).get("userData") == marker:
                return True
        return False

    def _create(self, name: str) -> str:
        """Create a person, once if several runs do; returns its personId."""

        def exists(person: dict[str, Any]) -> bool:
            path = person_path(self._group, person["personId"])
            return normal_name(self._found(path).get("name", "")) == name

        made = create_once(
            self._client, f"{self._group.path}/persons", [name], exists, json={"name": name}
        )
        return str(made["personId"])

    def has_face(self, member: Member, face_id: str, marker: str) -> bool:
        """Whether a person has a face with that userData."""
        path = face_path(self._group, member.person_id, face_id)
        return self._found(path).get("userData") == marker

    def _found(self, path: str) -> dict[str, Any]:
        """What the service answers; empty if it does not exist."""
        try:
            found: dict[str, Any] = self._client.json("GET", path)
        except NotFound:
            return {}
        return found

    def _load(self, persons: Iterable[dict[str, Any]]) -> None:
        for person in persons:
            name = person["personId"] if self._by_id else normal_name(person["name"])
            faces = list(person.get("persistedFaceIds", []))
            self._members[name].append(Member(person["personId"], faces))
