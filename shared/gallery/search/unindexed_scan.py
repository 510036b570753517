"""Faces that are not trained, in blocks of rows."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.domain.values import PersistedFace
from shared.gallery.normalisation.figures import Figures
from shared.gallery.search.person_rows import PersonRows


@dataclass(frozen=True, slots=True, eq=False)
class FaceBlock:
    """Faces of one recognition model, those of a person side by side.

    Attributes:
        models: the embedding models that made the rows; more than one cannot be searched.
        vectors: float32, (faces, dimension), rows of unit length.
        person_ids: ascending.
        offsets: int64, (persons + 1,): person i owns rows offsets[i] to offsets[i + 1].
        face_ids: the face of each row.
        lengths: of each row's embedding before it was normalised; None where it is not known.
    """

    models: frozenset[str]
    vectors: NDArray[np.float32]
    person_ids: tuple[str, ...]
    offsets: NDArray[np.int64]
    face_ids: tuple[str, ...]
    lengths: tuple[float | None, ...]

    def person_bytes(self) -> NDArray[np.uint8]:
        """The ids as the bytes of UUIDs: uint8, (persons, 16)."""
        return _as_bytes(self.person_ids)

    def face_bytes(self) -> NDArray[np.uint8]:
        """The persistedFaceIds as the bytes of UUIDs: uint8, (faces, 16)."""
        return _as_bytes(self.face_ids)

    def rows(
        self, among: Collection[str] | None = None, figures: Figures | None = None
    ) -> PersonRows:
        """The block as it is searched.

        Args:
            among: the persons that may be found; None for all.
            figures: what is subtracted from cosines; None for nothing.
        """
        left_out = np.empty(0, np.int64)
        if among is not None:
            absent = [number for number, one in enumerate(self.person_ids) if one not in among]
            left_out = np.array(absent, np.int64)
        return PersonRows(
            self.vectors, self.offsets, self.person_bytes(), figures, left_out=left_out
        )


def face_block(faces: Sequence[PersistedFace]) -> FaceBlock | None:
    """The faces as a block; None if there are none."""
    if not faces:
        return None
    ordered = sorted(faces, key=lambda face: face.person_id)
    person_ids: list[str] = []
    offsets: list[int] = []
    for row, face in enumerate(ordered):
        if not person_ids or person_ids[-1] != face.person_id:
            person_ids.append(face.person_id)
            offsets.append(row)
    models = frozenset(face.embedding.model for face in ordered)
    if len(models) > 1:
        # Their vectors may differ in length; a search refuses the block by its models.
        return FaceBlock(models, np.empty((0, 0), np.float32), (), np.zeros(1, np.int64), (), ())
    vectors = np.stack([face.embedding.vector for face in ordered]).astype(np.float32)
    return FaceBlock(
        models,
        vectors,
        tuple(person_ids),
        np.array([*offsets, len(ordered)], np.int64),
        tuple(face.persisted_face_id for face in ordered),
        tuple(face.embedding.length for face in ordered),
    )


def _as_bytes(ids: Sequence[str]) -> NDArray[np.uint8]:
    content = b"".join(uuid.UUID(one).bytes for one in ids)
    return np.frombuffer(content, np.uint8).reshape(-1, 16)
