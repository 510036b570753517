"""The records that a training reads: a collection's faces, their changes and deletions.

Trainings read stored records only through this module. It never yields faces of deleted persons,
even if their documents still exist.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.domain.values import Collection
from shared.storage.records.collections.marks import Marks
from shared.storage.records.collections.training_faces import TrainingFace, TrainingFaces


@dataclass(frozen=True, slots=True)
class ChangedFaces:
    """Faces that were written after given positions.

    Attributes:
        faces: in their current state, without deleted ones.
        positions: partition → the position to read from next time.
    """

    faces: Sequence[TrainingFace]
    positions: Mapping[str, str]


class TrainingSource:
    """Opens collections for training."""

    def __init__(self, faces: TrainingFaces, marks: Marks) -> None:
        self._faces = faces
        self._marks = marks

    def open(self, collection: Collection) -> CollectionSource:
        """Open a collection; its deletion marks are read now.

        The mark of a later deletion remains until the snapshot of this training has been replaced
        by one without the deleted faces.
        """
        found = self._marks.since(collection.incarnation, None)
        committed = self._marks.committed(collection, found.marks)
        deleted = {
            mark.deleted_id for mark, counts in zip(found.marks, committed, strict=True) if counts
        }
        return CollectionSource(self._faces, collection, deleted | found.tombstones)


class CollectionSource:
    """The faces of one collection.

    Args:
        deleted: ids of deleted persons and faces.
    """

    def __init__(
        self, faces: TrainingFaces, collection: Collection, deleted: set[str] | frozenset[str]
    ) -> None:
        self.collection = collection
        self.deleted = frozenset(uuid.UUID(one).bytes for one in deleted)
        """Ids of deleted persons and faces, 16 bytes each."""
        self._faces = faces
        self._partitions = faces.partitions(collection)

    def count(self) -> int:
        """Number of stored faces; counts each partition."""
        return self._faces.count(self.collection)

    def positions(self) -> dict[str, str]:
        """Partition → the position after which changes are new."""
        return {partition: self._faces.mark(partition) for partition in self._partitions}

    def pages(self, progress: Callable[[int], None]) -> Iterator[Sequence[TrainingFace]]:
        """All faces in order of person, in pages that are not empty.

        Args:
            progress: called after every page with 0 to 100, computed from the last id, since ids
                are random.
        """
        for partition in self._partitions:
            for page in self._faces.walk(partition):
                if existing := self._existing(page):
                    yield existing
                progress(100 * int.from_bytes(page[-1].person_id[:2], "big") >> 16)

    def changes(self, positions: Mapping[str, str], most: int) -> ChangedFaces | None:
        """Faces written after the positions; None if there are more than ``most``."""
        found: list[TrainingFace] = []
        after = dict(positions)
        for partition in self._partitions:
            more = True
            while more:
                changes = self._faces.changes(partition, after[partition])
                found += changes.faces
                after[partition], more = changes.mark, changes.more
                if len(found) > most:
                    return None
        return ChangedFaces(self._existing(found), after)

    def is_empty(self) -> bool:
        """Whether the collection has no face."""
        return next(self.pages(lambda _: None), None) is None

    def _existing(self, faces: Sequence[TrainingFace]) -> Sequence[TrainingFace]:
        if not self.deleted:
            return faces
        return [one for one in faces if not {one.person_id, one.face_id} & self.deleted]
