"""Faces of a cohort that are enrolled in groups. A deletion removes them from the cohort at once.

Their embeddings are read from the store once; after that the marks of deletions are followed, as in
searches. A mark is kept for at least ``COHORT_MARKS_KEPT``. A process that has not read marks for
half of that reads the embeddings again, so that it misses none.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from shared.domain.clock import Clock
from shared.domain.collections import CollectionKey
from shared.domain.errors import Unavailable
from shared.domain.values import Collection
from shared.gallery.search.vector_index import Deleted
from shared.services.cohorts.cohort_file import EnrolledFace
from shared.services.galleries.followed_marks import FollowedMarks
from shared.services.queue_policy import COHORT_MARKS_KEPT, is_older
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.marks import Marks
from shared.storage.records.collections.people import People

_log = logging.getLogger(__name__)

_FEW_LEFT = 0.8
"""Share of remaining faces below which a log line asks the operator to make the cohort again."""


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """The faces of one group as they were read, without those that were deleted since.

    Attributes:
        vectors: float32, (faces, dimension).
        ids: of each face, those of its person and of itself, 16 bytes each.
        applied: number of deletions that have been applied.
    """

    vectors: NDArray[np.float32]
    ids: Sequence[tuple[bytes, bytes]]
    applied: int = 0

    def without(self, deleted: Deleted) -> _Read:
        """The faces that remain after the deletions that have not been applied yet."""
        new = set(deleted.since(self.applied))
        kept = [row for row, ids in enumerate(self.ids) if new and new.isdisjoint(ids)]
        if not new or len(kept) == len(self.ids):
            return replace(self, applied=deleted.count)
        return _Read(self.vectors[kept], [self.ids[row] for row in kept], deleted.count)


class _Epoch:
    """Faces and marks that successive reads share.

    Attributes:
        current: when the last read began; all marks up to then are known.
        read: by incarnation. Concurrent readers replace entries; an older entry that replaces a
            newer one states that fewer deletions have been applied.
        first_reading: held while a group's embeddings are read, so that one thread reads them.
    """

    def __init__(self, marks: Marks, now: datetime) -> None:
        self.followed = FollowedMarks(marks)
        self.current = now
        self.read: dict[str, _Read] = {}
        self.first_reading = threading.Lock()


class EnrolledCohortFaces:
    """The embeddings of enrolled faces that have not been deleted. Thread-safe.

    Args:
        model: the embedding model; faces of another one are left out.
        dimension: of its embeddings.
    """

    def __init__(
        self,
        faces: Sequence[EnrolledFace],
        collections: CollectionRecords,
        people: People,
        marks: Marks,
        clock: Clock,
        *,
        model: str,
        dimension: int,
    ) -> None:
        self._faces: dict[tuple[CollectionKey, str], list[EnrolledFace]] = defaultdict(list)
        for face in faces:
            self._faces[face.collection, face.incarnation].append(face)
        self._collections = collections
        self._people = people
        self._marks = marks
        self._clock = clock
        self._model = model
        self._dimension = dimension
        self._lock = threading.Lock()
        self._epoch = _Epoch(marks, clock.now())

    def vectors(self) -> NDArray[np.float32]:
        """The current embeddings, after every deletion that has been committed.

        Returns:
            float32, (faces, dimension), unit rows.

        Raises:
            Unavailable: the store cannot be read.
        """
        began = self._clock.now()
        epoch = self._epoch_of(began)
        living = [
            self._living(epoch, key, incarnation, faces)
            for (key, incarnation), faces in self._faces.items()
        ]
        with self._lock:
            # The time before the marks were read, so that the duration of the read is included.
            epoch.current = max(epoch.current, began)
        if is_older(began, COHORT_MARKS_KEPT / 2, self._clock.now()):
            # Marks may have been removed after the faces were read and before the marks were.
            raise Unavailable("The faces of the cohort were not read in time.")
        return np.concatenate([np.empty((0, self._dimension), np.float32), *living])

    def _epoch_of(self, now: datetime) -> _Epoch:
        """The current epoch; a new one if marks may have been removed since the last read."""
        with self._lock:
            if is_older(self._epoch.current, COHORT_MARKS_KEPT / 2, now):
                self._epoch = _Epoch(self._marks, now)
            return self._epoch

    def _living(
        self, epoch: _Epoch, key: CollectionKey, incarnation: str, faces: Sequence[EnrolledFace]
    ) -> NDArray[np.float32]:
        collection = self._collections.find(key)
        if collection is None or collection.incarnation != incarnation:
            epoch.read.pop(incarnation, None)
            return np.empty((0, self._dimension), np.float32)
        known = epoch.read.get(incarnation)
        if known is None:
            with epoch.first_reading:
                known = epoch.read.get(incarnation) or self._stored(collection, faces)
                epoch.read[incarnation] = known
        known = known.without(epoch.followed.read(collection))
        epoch.read[incarnation] = known
        return known.vectors

    def _stored(self, collection: Collection, faces: Sequence[EnrolledFace]) -> _Read:
        persons = self._people.find_many(collection, [one.person_id for one in faces])
        living = [
            replace(person, persisted_face_ids=(one.persisted_face_id,))
            for one, person in zip(faces, persons, strict=True)
            if person is not None and one.persisted_face_id in person.persisted_face_ids
        ]
        stored = self._people.faces(collection, *living)
        found = [one for one in stored if one.embedding.model == self._model]
        if len(found) < _FEW_LEFT * len(faces):
            _log.warning(
                "make the cohort again: its faces were deleted",
                extra={"faces": len(found), "of": len(faces)},
            )
        vectors = np.empty((len(found), self._dimension), np.float32)
        for row, face in enumerate(found):
            vectors[row] = face.embedding.vector
        return _Read(
            vectors, [(_bytes(one.person_id), _bytes(one.persisted_face_id)) for one in found]
        )


def _bytes(identifier: str) -> bytes:
    return uuid.UUID(identifier).bytes
