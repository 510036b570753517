"""The person directory: persons of no group, dynamic groups that refer to them, operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.collections import CollectionKey

DIRECTORY_RECOGNITION_MODELS = ("recognition_02", "recognition_03", "recognition_04")
"""The recognition models of the directory's faces:
https://learn.microsoft.com/rest/api/face/person-directory-operations/add-person-face
"""


@dataclass(frozen=True, slots=True)
class DirectoryPerson:
    """A person of the directory.

    Attributes:
        faces: recognition model → persistedFaceIds, oldest first.
    """

    person_id: str
    name: str
    user_data: str | None = None
    faces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def faces_for(self, recognition_model: str) -> tuple[str, ...]:
        """The person's persistedFaceIds for a recognition model; perhaps none."""
        return self.faces.get(recognition_model, ())


@dataclass(frozen=True, slots=True)
class DynamicGroup:
    """One life of a dynamic person group, as references name it."""

    group_id: str
    incarnation: str


@dataclass(frozen=True, slots=True)
class DirectoryScope:
    """Where identify looks in the directory: in a dynamic group, among persons, or everywhere.

    Attributes:
        group: a dynamic person group; else None.
        person_ids: 1 to 30 persons; else None. Where both are None, the whole directory is meant.
    """

    group: CollectionKey | None = None
    person_ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class MembershipChanges:
    """Who is to be added to a dynamic group, and who removed; no person is in both."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anybody is to be added or removed."""
        return bool(self.add or self.remove)


@dataclass(frozen=True, slots=True)
class FinishedOperation:
    """A long-running operation that has ended well.

    Attributes:
        created: when the request came.
        finished: when all that it asked for was done.
        resource: path of what it made or changed, below ``/face/{version}/``; None after a
            deletion.
    """

    operation_id: str
    created: datetime
    finished: datetime
    resource: str | None = None
