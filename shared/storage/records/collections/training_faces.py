"""The faces of a collection as training reads them: in order of person, or those that changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.domain.values import Collection, Embedding
from shared.storage.documents.pages import pages_of
from shared.storage.documents.store import Document, DocumentContainer
from shared.storage.records.embeddings import EMBEDDING_MEMBERS, read_embedding
from shared.storage.records.face_documents import FACE_PREFIX, count_faces, partitions


@dataclass(frozen=True, slots=True, eq=False)
class TrainingFace:
    """A persisted face, its ids as 16 bytes each; in a list, both are the face's id."""

    person_id: bytes
    face_id: bytes
    embedding: Embedding


@dataclass(frozen=True, slots=True)
class FaceChanges:
    """Faces that were written to a partition after a mark, and the mark that follows."""

    faces: Sequence[TrainingFace]
    mark: str
    more: bool


class TrainingFaces:
    """Reads faces for training."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def partitions(self, collection: Collection) -> list[str]:
        """The partitions that hold the collection's faces, in order of person."""
        return partitions(collection.incarnation, collection.kind.buckets)

    def count(self, collection: Collection) -> int:
        """The number of faces in the collection."""
        return count_faces(self._container, collection)

    def mark(self, partition: str) -> str:
        """A mark of the current state; everything written from now on comes after it."""
        return self._container.mark(partition)

    def walk(self, partition: str) -> Iterator[Sequence[TrainingFace]]:
        """All faces of a partition in order of person, in pages."""
        for page in pages_of(
            self._container, partition, prefix=FACE_PREFIX, members=EMBEDDING_MEMBERS
        ):
            yield [_face(document) for document in page]

    def changes(self, partition: str, mark: str) -> FaceChanges:
        """Faces written after a mark, as they are now; deletions do not appear."""
        changes = self._container.changes_since(partition, mark)
        faces = [
            _face(document)
            for document in changes.documents
            if document.key.id.startswith(FACE_PREFIX)
        ]
        return FaceChanges(faces, changes.mark, changes.more)


def _face(document: Document) -> TrainingFace:
    person_id, _, face_id = document.key.id[len(FACE_PREFIX) :].partition(".")
    return TrainingFace(_bytes(person_id), _bytes(face_id), read_embedding(document.body))


def _bytes(identifier: str) -> bytes:
    return bytes.fromhex(identifier.replace("-", ""))
