"""JSON bodies of persons and persisted faces."""

from __future__ import annotations

from shared.api.bodies.members import FaceUserData, Name, RequiredName, UserData, Uuid
from shared.api.bodies.wire import Wire
from shared.domain import limits
from shared.domain.errors import BadArgument
from shared.domain.requests import Changes


class NamedBody(Wire, frozen=True):
    """Body of a request that creates a person."""

    name: RequiredName | None = None
    user_data: UserData | None = None


class ChangesBody(Wire, frozen=True):
    """Body of a request that updates a collection or a person."""

    name: Name | None = None
    user_data: UserData | None = None


class FaceChangesBody(Wire, frozen=True):
    """Body of a request that updates a persisted face; absent or null clears userData."""

    user_data: FaceUserData | None = None


class PersonIdAnswer(Wire, frozen=True):
    """The id of a new person."""

    person_id: Uuid


class PersistedFaceIdAnswer(Wire, frozen=True):
    """The id of a new persisted face."""

    persisted_face_id: Uuid


class PersonAnswer(Wire, frozen=True):
    """A person and the ids of its faces."""

    person_id: Uuid
    persisted_face_ids: list[Uuid]
    name: str
    user_data: str | None = None


class PersistedFaceAnswer(Wire, frozen=True):
    """A persisted face."""

    persisted_face_id: Uuid
    user_data: str | None = None


def checked_name(name: str | None) -> str:
    """Validate a name of 1 to 128 characters.

    Raises:
        BadArgument: it is missing, empty or too long.
    """
    if name is None or not name.strip():
        raise BadArgument("'name' is empty.")
    if len(name) > limits.MAXIMUM_NAME_LENGTH:
        raise BadArgument("'name' is too long.")
    return name


def checked_user_data(
    user_data: str | None, longest: int = limits.MAXIMUM_USER_DATA_LENGTH
) -> str | None:
    """Validate userData of at most ``longest`` characters, or None.

    Raises:
        BadArgument: it is too long.
    """
    if user_data is not None and len(user_data) > longest:
        raise BadArgument("'userData' is too long.")
    return user_data


def checked_changes(body: ChangesBody) -> Changes:
    """Validate the changes of an update; at least one member must be given.

    Raises:
        BadArgument: no member is given, or one is out of bounds.
    """
    if body.name is None and body.user_data is None:
        raise BadArgument("Both 'name' and 'userData' are empty.")
    name = None if body.name is None else checked_name(body.name)
    return Changes(name, checked_user_data(body.user_data))
