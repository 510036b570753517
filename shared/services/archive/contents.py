"""Exports and imports the contents of a collection of any kind, and of the person directory."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.collections import DYNAMIC_PERSON_GROUP, FACE_COLLECTIONS, CollectionKey
from shared.domain.values import Collection
from shared.services.archive.directory import DirectoryPersons
from shared.services.archive.entries import ArchivePage, Entry, ImportOutcome
from shared.services.archive.groups import GroupPersons
from shared.services.archive.lists import ListFaces, face_entries
from shared.services.archive.members import GroupMembers, member_entries
from shared.services.archive.persons import export_persons, import_persons, person_entries
from shared.services.collections.quotas import QuotaChecks
from shared.storage.records.collections.listed_faces import ListedFaces
from shared.storage.records.collections.marks import Marks
from shared.storage.records.collections.people import People
from shared.storage.records.directory.deletions import DirectoryDeletions
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.directory.people import DirectoryPeople


class CollectionContents:
    """The persons, faces and members of collections, in pages."""

    def __init__(
        self,
        people: People,
        listed_faces: ListedFaces,
        marks: Marks,
        directory: DirectoryPeople,
        directory_deletions: DirectoryDeletions,
        memberships: Memberships,
        quotas: QuotaChecks,
    ) -> None:
        self._people = people
        self._listed_faces = listed_faces
        self._marks = marks
        self._directory = directory
        self._directory_deletions = directory_deletions
        self._memberships = memberships
        self._quotas = quotas

    def export_page(self, collection: Collection | None, start: str) -> ArchivePage:
        """A page of entries with ids greater than ``start``.

        Args:
            collection: None: the person directory.
        """
        if collection is None:
            return export_persons(self._directory_persons(), start)
        if collection.kind is DYNAMIC_PERSON_GROUP:
            return self._members(collection).export_page(start)
        if collection.kind in FACE_COLLECTIONS:
            return self._list(collection).export_page(start)
        return export_persons(self._group(collection), start)

    def import_page(self, collection: Collection | None, entries: Sequence[Entry]) -> ImportOutcome:
        """Add the entries that do not exist.

        Args:
            collection: None: the person directory.

        Raises:
            BadArgument: the collection cannot contain such an entry, or it names an unknown person.
            QuotaExceeded: a quota is reached; what the page has created so far stays.
        """
        if collection is None:
            return import_persons(self._directory_persons(), entries)
        if collection.kind is DYNAMIC_PERSON_GROUP:
            return self._members(collection).import_page(entries)
        if collection.kind in FACE_COLLECTIONS:
            return self._list(collection).import_page(entries)
        return import_persons(self._group(collection), entries)

    def _directory_persons(self) -> DirectoryPersons:
        return DirectoryPersons(self._directory, self._directory_deletions, self._quotas)

    def _group(self, collection: Collection) -> GroupPersons:
        return GroupPersons(collection, self._people, self._marks, self._quotas)

    def _list(self, collection: Collection) -> ListFaces:
        return ListFaces(collection, self._listed_faces, self._marks, self._quotas)

    def _members(self, collection: Collection) -> GroupMembers:
        return GroupMembers(collection, self._memberships, self._directory)


def check_kinds(key: CollectionKey, entries: Sequence[Entry]) -> None:
    """Check that a collection can contain some entries, before it is created for them.

    Raises:
        BadArgument: it cannot.
    """
    if key.kind is DYNAMIC_PERSON_GROUP:
        member_entries(entries)
    elif key.kind in FACE_COLLECTIONS:
        face_entries(entries)
    else:
        person_entries(entries)
