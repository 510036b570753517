"""Values of the person directory: persons, dynamic groups, scopes and operations."""

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
        faces: recognition model to persistedFaceIds, oldest first.
    """

    person_id: str
    name: str
    user_data: str | None = None
    faces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def faces_for(self, recognition_model: str) -> tuple[str, ...]:
        """The person's persistedFaceIds for a recognition model; may be empty."""
        return self.faces.get(recognition_model, ())


@dataclass(frozen=True, slots=True)
class DynamicGroup:
    """A dynamic person group by id and incarnation, as references name it."""

    group_id: str
    incarnation: str


@dataclass(frozen=True, slots=True)
class DirectoryScope:
    """What identify searches: a dynamic group, some persons, or the whole directory.

    Attributes:
        group: a dynamic person group, or None.
        person_ids: 1 to 30 persons, or None. With both None, the whole directory.
    """

    group: CollectionKey | None = None
    person_ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class MembershipChanges:
    """The persons to add to and to remove from a dynamic group; no person is in both."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any change."""
        return bool(self.add or self.remove)


@dataclass(frozen=True, slots=True)
class FinishedOperation:
    """A long-running operation that succeeded.

    Attributes:
        created: time of the request.
        finished: time at which the work was complete.
        resource: path of the created or changed resource, below ``/face/{version}/``; None after
            a deletion.
    """

    operation_id: str
    created: datetime
    finished: datetime
    resource: str | None = None
