"""A snapshot file mapped into memory. The format is described in `format.py`."""

from __future__ import annotations

import mmap
import uuid
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from shared.gallery.normalisation.figures import Figures
from shared.gallery.snapshots.codes import CodedRows
from shared.gallery.snapshots.format import (
    CODE_SECTIONS,
    FORMAT_VERSION,
    HANDICAPS,
    SnapshotIndex,
    TornSnapshot,
    check_padding,
    check_sections,
    read_index,
    version_of,
)
from shared.gallery.snapshots.row_owners import RowOwners

_Item = TypeVar("_Item", bound=np.generic)


class Snapshot:
    """A snapshot, mapped into memory; its arrays are read-only views of the file.

    It holds a file descriptor as long as it lives, and stays whole when the file is unlinked.

    Attributes:
        index: what the file says about itself.
        vectors: float32, (faces, dimension).
        face_ids: uint8, (faces, 16).
        person_ids: uint8, (persons, 16).
        person_offsets: uint32, (persons + 1,).
        handicaps: float32, (faces,): what is further subtracted from the cosines of each.
        dropped: uint8, (ids, 16): of a delta.
        cohort: uint32, (cohort,): rows; empty where scores are not normalised.
        figures: what is subtracted from cosines; None where scores are not normalised.
        cohort_persons: uint8, (ids, 16): of a delta.
        coded: the codes, copied into memory; None in a small snapshot.
        size: of the file, in bytes.
        outdated: whether the file is of an older format, which has no cohort.
    """

    def __init__(self, index: SnapshotIndex, mapped: mmap.mmap, *, coded: bool) -> None:
        self.index = index
        self.outdated = version_of(mapped) < FORMAT_VERSION
        self.size = len(mapped)
        self.vectors = self._view(mapped, "vectors", np.float32).reshape(-1, index.dimension)
        self.face_ids = self._view(mapped, "face_ids", np.uint8).reshape(-1, 16)
        self.person_ids = self._view(mapped, "person_ids", np.uint8).reshape(-1, 16)
        self.person_offsets = self._view(mapped, "person_offsets", np.uint32)
        self.handicaps = self._view(mapped, HANDICAPS, np.float32)
        if HANDICAPS not in index.sections:
            self.handicaps = np.broadcast_to(np.float32(0), index.faces)
        self.dropped = self._view(mapped, "dropped", np.uint8).reshape(-1, 16)
        self.cohort_persons = self._view(mapped, "cohort_persons", np.uint8).reshape(-1, 16)
        self.cohort = self._view(mapped, "cohort", np.uint32)
        self.figures: Figures | None = None
        if index.cohort is not None:
            names = ("face_means", "person_means", "person_lengths")
            self.figures = Figures(*(self._view(mapped, name, np.float32) for name in names))
        self.coded: CodedRows | None = None
        if coded and index.codes is not None:
            codebooks = self._view(mapped, "codebooks", np.float32).reshape(-1, 16, 2)
            codes = self._view(mapped, "codes", np.uint8)
            owners = RowOwners(self.person_offsets)
            self.coded = CodedRows(codes, codebooks, index.codes, owners)

    @classmethod
    def open(cls, path: Path, *, verify: bool, coded: bool = True) -> Snapshot:
        """Map a file.

        Args:
            coded: load the codes, if there are any.
            verify: check every byte; done once, after fetching. Otherwise the ends, the length and
                the codes are checked.

        Raises:
            FileNotFoundError: there is no such file.
            TornSnapshot: the file is cut, altered, or of another format version.
        """
        with path.open("rb") as file:
            if file.seek(0, 2) == 0:
                raise TornSnapshot("The snapshot is empty.")
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        index = read_index(mapped)
        check_sections(mapped, index, index.sections if verify else CODE_SECTIONS)
        if verify:
            check_padding(mapped, index)
        return cls(index, mapped, coded=coded)

    def person_id(self, person: int) -> str:
        """The id of the person with that number."""
        return str(uuid.UUID(bytes=self.person_ids[person].tobytes()))

    def face_id(self, row: int) -> str:
        """The persistedFaceId of a row."""
        return str(uuid.UUID(bytes=self.face_ids[row].tobytes()))

    def persons_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers of the persons that rows belong to."""
        # Of one type with the offsets, or numpy converts all of those first.
        same = rows.astype(self.person_offsets.dtype)
        return np.searchsorted(self.person_offsets, same, side="right") - 1

    def persons_of_all(self) -> NDArray[np.uint8]:
        """The id of the person of every row: uint8, (faces, 16)."""
        return self.person_ids[self.persons_of(np.arange(self.index.faces))]

    def cohort_members(self) -> tuple[bytes, ...]:
        """The ids of the persons of the cohort: a delta's are those of its base."""
        ids = self.cohort_persons
        if len(self.cohort):
            ids = self.person_ids[self.persons_of(self.cohort.astype(np.int64))]
        return tuple(one.tobytes() for one in ids)

    def _view(self, mapped: mmap.mmap, name: str, dtype: type[_Item]) -> NDArray[_Item]:
        section = self.index.sections.get(name)
        if section is None:
            return np.empty(0, dtype)
        count = section.length // np.dtype(dtype).itemsize
        return np.frombuffer(mapped, dtype, count, section.offset)
