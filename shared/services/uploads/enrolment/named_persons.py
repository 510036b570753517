"""The persons that uploads name: one person per name, whichever request creates it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from shared.domain.errors import BadArgument, EnrolmentRejected, PersonNotFound
from shared.domain.face.enrolment import RejectionCode
from shared.domain.identifiers import IdFactory, canonical_uuid
from shared.domain.values import Collection, NameIndex, Person
from shared.services.collections.quotas import QuotaChecks
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.name_claims import NameClaims
from shared.storage.records.collections.people import People

_PAGE = 1_000


class NamedPersons:
    """Finds persons by id or name, and creates persons for new names."""

    def __init__(
        self,
        collections: CollectionRecords,
        people: People,
        names: NameClaims,
        quotas: QuotaChecks,
        new_id: IdFactory,
    ) -> None:
        self._collections = collections
        self._people = people
        self._names = names
        self._quotas = quotas
        self._new_id = new_id

    def find(self, collection: Collection, person: str) -> Person | None:
        """The person that an upload names; None if no person has the name.

        Args:
            person: a personId or a name.

        Raises:
            BadArgument: there is no person with that id.
            EnrolmentRejected: several persons have the name.
        """
        if (person_id := canonical_uuid(person)) is not None:
            (found,) = self._people.find_many(collection, [person_id])
            if found is None:
                raise unknown_person()
            return found
        return self._named(collection, person, self._names.listed(collection, person))

    def create(
        self, collection: Collection, name: str, permit: Callable[[], None]
    ) -> Person | None:
        """Create the person of a name; None if another request created it first.

        Args:
            permit: called after the claim is read and before the write, which fails if a person of
                that name was created or deleted in between; its exceptions prevent the write.

        Raises:
            QuotaExceeded: the group, or all groups of the kind together, are full.
        """
        claim = self._names.open(collection, name)
        if self._named(collection, name, claim.person_ids) is not None:
            return None
        person = Person(claim.bucket + self._new_id()[1:], name)
        try:
            permit()
            with self._quotas.room_for_person(collection):
                if not self._names.create_person(collection, person, claim):
                    return None
        except Exception:
            self._names.close(claim)
            raise
        self._quotas.person_created(collection, person.person_id)
        return person

    def index(self, collection: Collection) -> Collection:
        """Index the names of a group's persons, unless they are indexed; returns the group."""
        if collection.names is NameIndex.READY:
            return collection
        building = self._mark(collection, NameIndex.BUILDING)
        start = ""
        while persons := self._people.page(building, start=start, top=_PAGE):
            for person in persons:
                self._names.register(building, person.name, person.person_id)
            self._withdraw_deleted(building, persons)
            start = persons[-1].person_id
        return self._mark(building, NameIndex.READY)

    def _mark(self, collection: Collection, state: NameIndex) -> Collection:
        def change(current: Collection) -> Collection:
            mine = current.incarnation == collection.incarnation
            return (
                replace(current, names=state)
                if mine and current.names is not NameIndex.READY
                else current
            )

        return self._collections.update(collection.key, change)

    def _withdraw_deleted(self, collection: Collection, persons: Sequence[Person]) -> None:
        """Withdraw the names of persons who were deleted while they were registered."""
        found = self._people.find_many(collection, [one.person_id for one in persons])
        for person, still in zip(persons, found, strict=True):
            if still is None:
                self._names.withdraw(collection, person.name, person.person_id)

    def _named(self, collection: Collection, name: str, listed: Sequence[str]) -> Person | None:
        """The only person with a name, if any.

        Raises:
            EnrolmentRejected: several persons do.
        """
        found = self._people.find_many(collection, listed)
        named = [one for one in found if one is not None and one.name == name]
        if len(named) > 1:
            raise EnrolmentRejected(
                RejectionCode.NAME_NOT_UNIQUE,
                f"{len(named)} persons of the group bear this name. Use the personId in place of"
                " the name, or rename one of them.",
            )
        return named[0] if named else None


def check_is_name(person: str) -> None:
    """Check that an upload names no personId in a group that does not exist yet.

    Raises:
        BadArgument: it is a personId.
    """
    if canonical_uuid(person) is not None:
        raise unknown_person()


def unknown_person() -> BadArgument:
    """The error for a personId that does not exist; only the service creates ids."""
    return BadArgument(
        "There is no person with this id. Name a person of the group, by id or name.",
        code=PersonNotFound.code,
    )
