"""What a training reads of a collection: faces, changes, and what is deleted.

The one way from a training to the stored records. Faces of deleted persons, whose documents may
not have gone yet, are never among what it yields.
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
    """Faces that were written after some positions.

    Attributes:
        faces: as they are now, deleted ones left out.
        positions: partition → the position that follows.
    """

    faces: Sequence[TrainingFace]
    positions: Mapping[str, str]


class TrainingSource:
    """Opens collections for training."""

    def __init__(self, faces: TrainingFaces, marks: Marks) -> None:
        self._faces = faces
        self._marks = marks

    def open(self, collection: Collection) -> CollectionSource:
        """The collection's faces from now on, and what is deleted now.

        A deletion that commits later has a mark that stays until the snapshot of this training was
        replaced by one without it.
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
        """How many faces are stored; costs a count of each partition."""
        return self._faces.count(self.collection)

    def positions(self) -> dict[str, str]:
        """Partition → the position from which on changes are new."""
        return {partition: self._faces.mark(partition) for partition in self._partitions}

    def pages(self, progress: Callable[[int], None]) -> Iterator[Sequence[TrainingFace]]:
        """All faces in order of person, in pages that are not empty.

        Args:
            progress: called after every page with 0 to 100; ids are random, so that their order
                is a measure of the progress.
        """
        for partition in self._partitions:
            for page in self._faces.walk(partition):
                if existing := self._existing(page):
                    yield existing
                progress(100 * int.from_bytes(page[-1].person_id[:2], "big") >> 16)

    def changes(self, positions: Mapping[str, str], most: int) -> ChangedFaces | None:
        """Faces written after the positions; None where they are more than ``most``."""
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
        """Whether there is no face."""
        return next(self.pages(lambda _: None), None) is None

    def _existing(self, faces: Sequence[TrainingFace]) -> Sequence[TrainingFace]:
        if not self.deleted:
            return faces
        return [one for one in faces if not {one.person_id, one.face_id} & self.deleted]
