"""What a group has stored: documents, snapshots and cached copies."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from pathlib import Path

from shared.domain.values import Collection, PersistedFace
from shared.storage.account.blobs import BlobStore
from shared.storage.layout import SNAPSHOTS
from shared.storage.records.collections.training_faces import TrainingFaces


class StoredFiles(ABC):
    """Looks into the stores of a group."""

    blobs: BlobStore
    faces: TrainingFaces
    cache_folder: Path

    @property
    @abstractmethod
    def collection(self) -> Collection:
        """The group."""

    def holds(self, face: PersistedFace) -> bool:
        """Whether any file of a training has the embedding of a face."""
        content = face.embedding.vector.tobytes()
        return any(
            content in (self.blobs.read(SNAPSHOTS, blob.name) or b"")
            for blob in self.blobs.listing(SNAPSHOTS)
        )

    def copies(self) -> list[Path]:
        """The files in this machine's cache."""
        return [path for path in self.cache_folder.rglob("*") if path.is_file()]

    def stored(self) -> set[str]:
        """All faces that are stored."""
        return {
            str(uuid.UUID(bytes=face.face_id))
            for partition in self.faces.partitions(self.collection)
            for page in self.faces.walk(partition)
            for face in page
        }

    def snapshots(self) -> list[str]:
        """The blobs of all snapshots."""
        return [blob.name.partition("/")[2] for blob in self.blobs.listing(SNAPSHOTS)]
