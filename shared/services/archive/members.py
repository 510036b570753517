"""Exports and imports the members of dynamic person groups."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.directory import DynamicGroup
from shared.domain.values import Collection
from shared.services.archive.entries import (
    MEMBERS,
    ArchivePage,
    Entry,
    ImportOutcome,
    MemberEntry,
    bad_line,
    only,
)
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.directory.people import DirectoryPeople

_PAGE = 1_000
_HOLDS = "a dynamic person group holds members only; import persondirectory for its persons."


class GroupMembers:
    """The members of one dynamic person group."""

    def __init__(
        self, collection: Collection, memberships: Memberships, people: DirectoryPeople
    ) -> None:
        self._group = DynamicGroup(collection.collection_id, collection.incarnation)
        self._memberships = memberships
        self._people = people

    def export_page(self, start: str) -> ArchivePage:
        """A page of members with personIds greater than ``start``."""
        found = self._memberships.persons(self._group.incarnation, start=start, top=_PAGE)
        entries = [MemberEntry(one) for one in found]
        return ArchivePage(entries, found[-1] if len(found) == _PAGE else None)

    def import_page(self, entries: Sequence[Entry]) -> ImportOutcome:
        """Add the members that the group does not have.

        Raises:
            BadArgument: a line is not that of a member, or its person does not exist.
        """
        members = member_entries(entries)
        persons = self._people.find_many([one.person_id for one in members])
        for member, person in zip(members, persons, strict=True):
            if person is None:
                raise bad_line(
                    member.line,
                    f"person {member.person_id} is not in the person directory; import"
                    " persondirectory first.",
                )
        ids = list(dict.fromkeys(one.person_id for one in members))
        known = self._known(ids)
        new = [one for one in ids if one not in known]
        self._memberships.add(self._group, new)
        outcome = ImportOutcome()
        outcome.created[MEMBERS] = len(new)
        outcome.existing[MEMBERS] = len(members) - len(new)
        return outcome

    def _known(self, ids: Sequence[str]) -> frozenset[str]:
        return frozenset(
            one
            for begin in range(0, len(ids), _PAGE)
            for one in self._memberships.members_among(
                self._group.incarnation, ids[begin : begin + _PAGE]
            )
        )


def member_entries(entries: Sequence[Entry]) -> list[MemberEntry]:
    """The entries of a dynamic person group.

    Raises:
        BadArgument: a line is not that of a member.
    """
    return only(MemberEntry, entries, _HOLDS)
