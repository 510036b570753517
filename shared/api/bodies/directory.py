"""JSON bodies of the person directory, dynamic person groups and long-running operations."""

from __future__ import annotations

from shared.api.bodies.members import AddedPersonIds, CollectionId, Name, Time, UserData, Uuid
from shared.api.bodies.people import NamedBody
from shared.api.bodies.wire import Wire


class DynamicPersonGroupBody(NamedBody, frozen=True):
    """Body of a request that creates a dynamic person group."""

    add_person_ids: AddedPersonIds | None = None


class DynamicPersonGroupChangesBody(Wire, frozen=True):
    """Body of a request that updates a dynamic person group."""

    name: Name | None = None
    user_data: UserData | None = None
    add_person_ids: list[Uuid] | None = None
    remove_person_ids: list[Uuid] | None = None


class DirectoryPersonAnswer(Wire, frozen=True):
    """A person of the directory."""

    person_id: Uuid
    name: str
    user_data: str | None = None


class DirectoryFacesAnswer(Wire, frozen=True):
    """The faces of a person for one recognition model."""

    person_id: Uuid
    persisted_face_ids: list[Uuid]


class DynamicPersonGroupAnswer(Wire, frozen=True):
    """A dynamic person group."""

    dynamic_person_group_id: CollectionId
    name: str
    user_data: str | None = None


class PersonIdsAnswer(Wire, frozen=True):
    """The persons of a dynamic person group."""

    person_ids: list[Uuid]


class DynamicPersonGroupIdsAnswer(Wire, frozen=True):
    """The dynamic person groups that contain a person."""

    dynamic_person_group_ids: list[CollectionId]


class OperationAnswer(Wire, frozen=True):
    """Status of a long-running operation."""

    operation_id: Uuid
    status: str
    created_time: Time
    last_action_time: Time
    finished_time: Time
    resource_location: str | None = None
