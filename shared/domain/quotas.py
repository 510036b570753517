"""Azure AI Face's published quotas on what may be stored.

https://learn.microsoft.com/azure/ai-services/computer-vision/identity-quotas-limits
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType

from shared.domain.collections import (
    COLLECTIONS,
    FACE_LIST,
    LARGE_FACE_LIST,
    LARGE_PERSON_GROUP,
    PERSON_GROUP,
    CollectionKind,
)
from shared.domain.limits import FACES_PER_PERSON

UNLIMITED = 10**12
"""Used where Azure publishes no quota."""


@dataclass(frozen=True, slots=True)
class KindQuota:
    """The quotas of one kind of collection.

    Attributes:
        collections: collections of the kind.
        items: persons in a group, faces in a list.
        items_over_all: persons in all groups of the kind.
    """

    collections: int
    items: int
    items_over_all: int = UNLIMITED


_STANDARD: dict[str, KindQuota] = {
    PERSON_GROUP.name: KindQuota(1_000_000, 10_000, 100_000_000),
    LARGE_PERSON_GROUP.name: KindQuota(1_000_000, 1_000_000, 1_000_000_000),
    FACE_LIST.name: KindQuota(64, 1_000),
    LARGE_FACE_LIST.name: KindQuota(1_000_000, 1_000_000),
}


@dataclass(frozen=True, slots=True)
class Quotas:
    """The quotas of a deployment.

    Attributes:
        faces_per_person: persisted faces of one person; in the directory, for each model.
        directory_persons: persons of the person directory.
        kinds: by the name of the kind; a kind that is absent is unlimited.
    """

    faces_per_person: int = FACES_PER_PERSON
    directory_persons: int = 75_000_000
    kinds: MappingProxyType[str, KindQuota] = field(
        default_factory=lambda: MappingProxyType(dict(_STANDARD))
    )

    def of(self, kind: CollectionKind) -> KindQuota:
        """The quotas of a kind of collection."""
        return self.kinds.get(kind.name, KindQuota(UNLIMITED, UNLIMITED))


_FREE = {
    PERSON_GROUP.name: KindQuota(1_000, 1_000, 1_000),
    LARGE_PERSON_GROUP.name: KindQuota(1_000, 1_000),
    FACE_LIST.name: KindQuota(64, 1_000),
    LARGE_FACE_LIST.name: KindQuota(64, 1_000),
}

STANDARD = Quotas()
"""Azure's tier S0."""
FREE = Quotas(directory_persons=1_000, kinds=MappingProxyType(_FREE))
"""Azure's tier F0."""

TIERS = {"S0": STANDARD, "F0": FREE}

_PERSON_FACES = "Person.faces"
_DIRECTORY_PERSONS = "PersonDirectory.persons"
_MEMBERS = {
    ".count": "collections",
    ".persons": "items",
    ".faces": "items",
    ".personsOverAll": "items_over_all",
}


def adjusted(quotas: Quotas, text: str) -> Quotas:
    """Quotas with some of them replaced.

    Args:
        text: as ``Person.faces=100,PersonGroup.count=50,FaceList.faces=500``.

    Raises:
        ValueError: a name is none of ``quota_names``, or a number is not 1 to 1,000,000,000,000.
    """
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = part.partition("=")
        value = int(number) if number.isascii() and number.isdecimal() else 0
        if name not in quota_names() or not 1 <= value <= UNLIMITED:
            names = ", ".join(quota_names())
            raise ValueError(f"like Person.faces=100,PersonGroup.count=50; the names are {names}")
        quotas = _with(quotas, name, value)
    return quotas


def quota_names() -> list[str]:
    """The names that ``adjusted`` accepts."""
    names = [_PERSON_FACES, _DIRECTORY_PERSONS]
    for kind in COLLECTIONS:
        lists = kind in (FACE_LIST, LARGE_FACE_LIST)
        members = (".count", ".faces") if lists else (".count", ".persons", ".personsOverAll")
        names += [kind.name + member for member in members]
    return names


def _with(quotas: Quotas, name: str, value: int) -> Quotas:
    if name == _PERSON_FACES:
        return replace(quotas, faces_per_person=value)
    if name == _DIRECTORY_PERSONS:
        return replace(quotas, directory_persons=value)
    kind, _, member = name.partition(".")
    changed = replace(quotas.kinds[kind], **{_MEMBERS["." + member]: value})
    return replace(quotas, kinds=MappingProxyType({**quotas.kinds, kind: changed}))
