"""Errors of requests that name what does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.domain.errors.root import LineamentError

if TYPE_CHECKING:
    from shared.domain.collections import CollectionKind


class NotFound(LineamentError):
    """A resource that the request names does not exist."""

    code = "NotFound"


class FaceNotFound(NotFound):
    """The faceId is unknown or has expired."""

    code = "FaceNotFound"
    text = "Face is not found."


class CollectionNotFound(NotFound):
    """The collection does not exist."""

    def __init__(self, kind: CollectionKind, message: str | None = None) -> None:
        super().__init__(message or f"{kind.title} {kind.absent}", code=f"{kind.name}NotFound")


class PersonNotFound(NotFound):
    """The person does not exist in that collection."""

    code = "PersonNotFound"

    @classmethod
    def of(cls, person_id: str) -> PersonNotFound:
        """The error for a valid personId."""
        return cls(f"Person {person_id} is not found.")


class PersistedFaceNotFound(NotFound):
    """The persisted face does not exist, or the person has no faces."""

    code = "PersistedFaceNotFound"

    @classmethod
    def of(cls, face_id: str) -> PersistedFaceNotFound:
        """The error for a valid persistedFaceId."""
        return cls(f"Persisted face {face_id} is not found.")


class PersonWithoutFaces(PersistedFaceNotFound):
    """The person has no persisted face to compare with."""

    text = "No persisted face of the person is found."


class NotTrained(NotFound):
    """The collection has never been trained."""

    def __init__(self, kind: CollectionKind) -> None:
        super().__init__(f"{kind.title} not trained.", code=f"{kind.name}NotTrained")


class FaceListNotReady(NotFound):
    """The face list to search is empty."""

    code = "FaceListNotReady"
    text = "Face list is empty."


class SessionImageNotFound(NotFound):
    """The liveness session has no such image; this service stores none."""

    code = "SessionImageNotFound"
    text = "Session image is not found."


class SessionNotFound(NotFound):
    """The liveness session does not exist or has expired."""

    code = "SessionNotFound"
    text = "Session Id is not found. The session id is expired or does not exist."


class OperationNotFound(NotFound):
    """The long-running operation is unknown, or older than seven days."""

    code = "OperationNotFound"
    text = "Operation is not found."


class UploadNotFound(NotFound):
    """There is no upload of that name."""

    code = "UploadNotFound"
    text = "Upload is not found."


class UnknownNotFound(NotFound):
    """The cluster of unknown faces does not exist."""

    code = "UnknownNotFound"
    text = "Unknown person is not found."


class PoisonMessageNotFound(NotFound):
    """The poison message does not exist, or is being replayed."""

    code = "PoisonMessageNotFound"
    text = "Poison message is not found."


class RouteNotFound(NotFound):
    """No operation of this service has this path."""

    code = "404"
