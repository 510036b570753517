"""All faces of a gallery in order of person, for a search for duplicates."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.gallery.search.search import Segment
from shared.gallery.search.unindexed_scan import FaceBlock


@dataclass(frozen=True, slots=True, eq=False)
class PersonFaces:
    """Faces, those of a person side by side.

    Attributes:
        vectors: float32, (faces, dimension), rows of unit length.
        face_ids: uint8, (faces, 16).
        person_ids: uint8, (persons, 16), ascending.
        offsets: int64, (persons + 1,): person i owns rows offsets[i] to offsets[i + 1].
    """

    vectors: NDArray[np.float32]
    face_ids: NDArray[np.uint8]
    person_ids: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    @property
    def persons(self) -> int:
        """The number of persons."""
        return len(self.person_ids)

    @property
    def faces(self) -> int:
        """The number of faces."""
        return len(self.vectors)

    def person_id(self, person: int) -> str:
        """The id of the person with that number."""
        return str(uuid.UUID(bytes=self.person_ids[person].tobytes()))

    def face_id(self, row: int) -> str:
        """The persistedFaceId of a row."""
        return str(uuid.UUID(bytes=self.face_ids[row].tobytes()))

    def after(self, person_id: str) -> int:
        """The number of the first person whose id is greater."""
        wanted = uuid.UUID(person_id).bytes
        low, high = 0, self.persons
        while low < high:
            middle = (low + high) // 2
            if self.person_ids[middle].tobytes() > wanted:
                high = middle
            else:
                low = middle + 1
        return low


def faces_of_segments(segments: Sequence[Segment]) -> PersonFaces:
    """The faces of a training that may be found."""
    if len(segments) == 1 and len(segments[0].excluded) == 0:
        whole = segments[0].snapshot  # Mapped into memory, and in order: nothing is copied.
        return PersonFaces(
            whole.vectors, whole.face_ids, whole.person_ids, whole.person_offsets.astype(np.int64)
        )
    vectors, faces, owners = [], [], []
    for one in segments:
        every = np.arange(one.snapshot.index.faces, dtype=np.int64)
        rows = np.setdiff1d(every, one.excluded, assume_unique=True)
        vectors.append(one.snapshot.vectors[rows])
        faces.append(one.snapshot.face_ids[rows])
        owners.append(one.snapshot.person_ids[one.snapshot.persons_of(rows)])
    return _ordered(np.concatenate(vectors), np.concatenate(faces), np.concatenate(owners))


def faces_of_blocks(blocks: Sequence[FaceBlock]) -> PersonFaces:
    """The faces of the directory; at least one block, and no person in two of them."""
    vectors = np.concatenate([block.vectors for block in blocks])
    faces = np.concatenate([block.face_bytes() for block in blocks])
    owners = np.concatenate(
        [np.repeat(block.person_bytes(), np.diff(block.offsets), axis=0) for block in blocks]
    )
    return _ordered(vectors, faces, owners)


def _ordered(
    vectors: NDArray[np.float32], face_ids: NDArray[np.uint8], owners: NDArray[np.uint8]
) -> PersonFaces:
    """Faces in order of person.

    Args:
        owners: uint8, (faces, 16).
    """
    order = np.lexsort(owners.T[::-1])
    owners = owners[order]
    changes = (owners[1:] != owners[:-1]).any(axis=1)
    starts = np.flatnonzero(np.concatenate([np.ones(min(len(owners), 1), np.bool_), changes]))
    offsets = np.append(starts, len(owners)).astype(np.int64)
    return PersonFaces(vectors[order], face_ids[order], owners[starts], offsets)
