"""Detected faces: one document per face, in its own partition, with a time to live."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.clock import Clock
from shared.domain.errors import FaceNotFound
from shared.domain.face.geometry import Rectangle
from shared.domain.values import DetectedFace
from shared.storage.documents.store import (
    MAXIMUM_KEYS,
    Document,
    DocumentContainer,
    Key,
    read_time,
    stored_time,
)
from shared.storage.records.embeddings import embedding_members, read_embedding


class DetectedFaces:
    """Stores detected faces until exactly their expiry."""

    def __init__(self, container: DocumentContainer, clock: Clock) -> None:
        self._container = container
        self._clock = clock

    def add(self, faces: Sequence[DetectedFace]) -> Sequence[str]:
        """Store the faces of an image, each until its ``expires``.

        Returns:
            The ids that existed already; those faces are unchanged.
        """
        if not faces:
            return ()
        last = max(face.expires for face in faces)
        remaining = (last - self._clock.now()).total_seconds()
        # The body's `expires` is decisive. The database counts whole seconds from the start of the
        # second of the write, so two seconds are added to keep it from deleting a face too early.
        written = self._container.create_many(
            [(Key(face.face_id, face.face_id), _body(face)) for face in faces],
            ttl=max(1, int(remaining) + 2),
        )
        return [face.face_id for face, new in zip(faces, written, strict=True) if not new]

    def get(self, face_id: str) -> DetectedFace | None:
        """The face, or None if it is unknown or has expired."""
        return self.get_many([face_id])[0]

    def get_many(self, face_ids: Sequence[str]) -> list[DetectedFace | None]:
        """Like ``get``, for any number of ids; results are in the order of the ids."""
        keys = [Key(face_id, face_id) for face_id in face_ids]
        return [
            self._unexpired(document)
            for begin in range(0, len(keys), MAXIMUM_KEYS)
            for document in self._container.get_many(keys[begin : begin + MAXIMUM_KEYS])
        ]

    def all_of(self, face_ids: Sequence[str]) -> list[DetectedFace]:
        """Like ``get_many``, for faces that must all exist.

        Raises:
            FaceNotFound: one of them is unknown or has expired.
        """
        faces = [face for face in self.get_many(face_ids) if face is not None]
        if len(faces) < len(face_ids):
            raise FaceNotFound
        return faces

    def _unexpired(self, document: Document | None) -> DetectedFace | None:
        if document is None:
            return None
        face = _face(document)
        return face if face.expires > self._clock.now() else None


def _body(face: DetectedFace) -> dict[str, object]:
    rectangle = face.rectangle
    return {
        "rectangle": [rectangle.left, rectangle.top, rectangle.width, rectangle.height],
        "recognitionModel": face.recognition_model,
        "detectionModel": face.detection_model,
        "expires": stored_time(face.expires),
        **embedding_members(face.embedding),
    }


def _face(document: Document) -> DetectedFace:
    body = document.body
    return DetectedFace(
        face_id=document.key.id,
        rectangle=Rectangle(*body["rectangle"]),
        embedding=read_embedding(body),
        recognition_model=body["recognitionModel"],
        detection_model=body["detectionModel"],
        expires=read_time(body["expires"]),
    )
