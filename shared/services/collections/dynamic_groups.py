"""Dynamic person groups: named sets of directory persons. They need no training."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.domain.collections import CollectionKey
from shared.domain.directory import DynamicGroup, MembershipChanges
from shared.domain.errors import PersonNotFound
from shared.domain.models import NO_RECOGNITION_MODEL
from shared.domain.requests import Changes
from shared.services.collections.collections import Collections
from shared.services.collections.operations import Operations
from shared.services.deletion.lifecycle import CollectionLifecycle
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.directory.people import DirectoryPeople


class DynamicPersonGroups:
    """Creates, updates and deletes dynamic groups; reads are those of any collection."""

    def __init__(
        self,
        groups: Collections,
        collections: CollectionRecords,
        people: DirectoryPeople,
        memberships: Memberships,
        operations: Operations,
        lifecycle: CollectionLifecycle,
    ) -> None:
        self._groups = groups
        self._collections = collections
        self._people = people
        self._memberships = memberships
        self._operations = operations
        self._lifecycle = lifecycle

    def create(
        self, key: CollectionKey, *, name: str, user_data: str | None, person_ids: Sequence[str]
    ) -> str | None:
        """Create a group; returns an operation id if persons were added.

        Raises:
            CollectionExists: the id exists already.
            PersonNotFound: one of the persons does not exist; nothing is created.
        """
        begun = self._operations.begin()
        self._all_exist(person_ids)
        self._groups.create(
            key, name=name, user_data=user_data, recognition_model=NO_RECOGNITION_MODEL
        )
        if not person_ids:
            return None
        return self._change(key, MembershipChanges(add=tuple(person_ids)), begun)

    def update(
        self, key: CollectionKey, changes: Changes, membership: MembershipChanges
    ) -> str | None:
        """Update a group and its members; returns an operation id if members were given.

        Removing a person that is not in the group has no effect. Each person is added or removed
        atomically; if the process crashes, persons later in order of id are left unchanged.

        Raises:
            CollectionNotFound: the group does not exist.
            PersonNotFound: a person to be added does not exist; nothing is changed.
            ConcurrentOperation: concurrent requests changed the group or a person on every attempt.
        """
        begun = self._operations.begin()
        self._collections.get(key)
        self._all_exist(membership.add)
        if changes.name is not None or changes.user_data is not None:
            self._groups.update(key, changes)
        if not membership:
            return None
        return self._change(key, membership, begun)

    def delete(self, key: CollectionKey) -> str:
        """Delete a group but not its persons; returns the operation id.

        Raises:
            CollectionNotFound: the group does not exist.
        """
        begun = self._operations.begin()
        self._groups.delete(key)
        return self._operations.finish(begun)

    def page_persons(self, key: CollectionKey, *, start: str, top: int) -> list[str]:
        """Up to ``top`` ids of a group's persons, greater than ``start``, in order.

        Raises:
            CollectionNotFound: the group does not exist.
        """
        return self._memberships.persons(
            self._collections.get(key).incarnation, start=start, top=top
        )

    def _change(self, key: CollectionKey, membership: MembershipChanges, begun: datetime) -> str:
        collection = self._collections.get(key)
        group = DynamicGroup(key.collection_id, collection.incarnation)
        self._memberships.add(group, membership.add)
        self._memberships.remove(group, membership.remove)
        self._lifecycle.verify_still_exists(key, collection)
        return self._operations.finish(begun, f"{key.kind.segment}/{key.collection_id}")

    def _all_exist(self, person_ids: Sequence[str]) -> None:
        for person_id, person in zip(person_ids, self._people.find_many(person_ids), strict=True):
            if person is None:
                raise PersonNotFound.of(person_id)
