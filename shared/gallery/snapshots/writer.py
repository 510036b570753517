"""Writes a snapshot file in one pass. The format is described in `format.py`."""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from shared.gallery.snapshots.codes import CODED_FROM, SAMPLE, CodeBuilder, can_be_coded
from shared.gallery.snapshots.file_persons import PersonsOfFile
from shared.gallery.snapshots.format import (
    ALIGNMENT,
    HANDICAPS,
    CodeStatistics,
    Section,
    SnapshotIndex,
    footer,
    preamble,
)
from shared.gallery.snapshots.mapped import Snapshot

_BLOCK_ROWS = 4_096
"""Rows encoded at once: 2 MB of 128 components, which stay in the processor's cache."""

_WRITE_BUFFER = 1_000_000

_FEWEST_CODED = 16
"""Faces: a codebook has as many centroids."""


@dataclass(frozen=True, slots=True)
class DeltaFields:
    """What makes a snapshot a delta; see `format.py`.

    Attributes:
        dropped: ids of persons and faces, 16 bytes each.
        base_persons: how many persons the base has.
        cohort_persons: ids of the persons of the base's cohort, 16 bytes each.
    """

    base: str
    base_faces: int
    base_created: datetime | None
    marks: dict[str, str] = field(default_factory=dict)
    dropped: tuple[bytes, ...] = ()
    base_persons: int = 0
    cohort_persons: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, version: str, base: Snapshot, marks: dict[str, str]) -> DeltaFields:
        """Those of the first delta of a base."""
        index = base.index
        return cls(
            version,
            index.faces,
            index.created,
            marks,
            base_persons=index.persons,
            cohort_persons=base.cohort_members(),
        )

    @classmethod
    def next_after(cls, delta: Snapshot) -> DeltaFields:
        """Those of a delta, for another one of the same base."""
        index = delta.index
        return cls(
            index.base or "",
            index.base_faces,
            index.base_created,
            index.marks,
            tuple(one.tobytes() for one in delta.dropped),
            index.base_persons,
            delta.cohort_members(),
        )


class SnapshotWriter:
    """Writes a snapshot face by face, in order of person; memory grows by ids and codes only.

    Use as a context manager; unless ``finish`` was called, the file is removed on leaving.

    Args:
        path: the file to make.
        model: the embedding model of every vector.
        dimension: of every vector.
        created: when the snapshot is made.
        coded_from: from how many faces on it has codes.
        salt: draws the cohort, at least 8 bytes; None: scores are not normalised.
        over: whether to write over an existing file, so that a copy without some of its faces needs
            no second file. The caller reads a row before it adds rows at its place or behind it.
    """

    def __init__(
        self,
        path: Path,
        *,
        model: str,
        dimension: int,
        created: datetime,
        coded_from: int = CODED_FROM,
        salt: bytes | None = None,
        over: bool = False,
    ) -> None:
        self.model = model
        self.faces = 0
        self._path = path
        self._dimension = dimension
        self._created = created
        self._coded_from = coded_from
        self._salt = salt
        self._face_ids = bytearray()
        self._person_ids = bytearray()
        self._offsets = array("I")
        self._handicaps = array("f")
        self._sections: dict[str, Section] = {}
        self._finished = False
        self._file: BinaryIO = path.open("r+b" if over else "w+b", _WRITE_BUFFER)
        self._file.write(preamble())
        self._digest = hashlib.sha256()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if not self._finished:
            self._path.unlink(missing_ok=True)

    def add(
        self,
        person_id: bytes,
        face_id: bytes,
        vector: NDArray[np.float32],
        handicap: float = 0.0,
    ) -> None:
        """Append a face.

        Args:
            person_id: 16 bytes; not smaller than those of the face before.
            face_id: 16 bytes.
            vector: float32, (dimension,), unit length.
            handicap: what is further subtracted from its cosines where scores are normalised.

        Raises:
            ValueError: the vector has another dimension, or the person is out of order.
        """
        if vector.shape != (self._dimension,):
            raise ValueError(f"The vector's shape is {vector.shape}, not ({self._dimension},).")
        last = self._person_ids[-16:]
        if person_id < last:
            raise ValueError("Faces must come in order of person.")
        if person_id != last:
            self._person_ids += person_id
            self._offsets.append(self.faces)
        self._face_ids += face_id
        self._handicaps.append(handicap)
        self.faces += 1
        content = np.ascontiguousarray(vector, dtype="<f4").data
        self._file.write(content)
        self._digest.update(content)

    def finish(self, delta: DeltaFields | None = None) -> SnapshotIndex:
        """Write what follows the vectors and close the file.

        Args:
            delta: what else a delta says.
        """
        length = 4 * self._dimension * self.faces
        self._sections["vectors"] = Section(ALIGNMENT, length, self._digest.hexdigest())
        self._offsets.append(self.faces)
        self._put("face_ids", self._face_ids)
        self._put("person_ids", self._person_ids)
        self._put("person_offsets", np.asarray(self._offsets, dtype="<u4").tobytes())
        if any(self._handicaps):
            self._put(HANDICAPS, np.asarray(self._handicaps, dtype="<f4").tobytes())
        persons = self._put_persons(delta)
        codes = self._put_codes(persons)
        if delta is not None:
            self._put("dropped", b"".join(delta.dropped))
            self._put("cohort_persons", b"".join(delta.cohort_persons))
        index = SnapshotIndex(
            model=self.model,
            dimension=self._dimension,
            faces=self.faces,
            persons=len(self._offsets) - 1,
            created=self._created,
            sections=self._sections,
            codes=codes,
            cohort=None if persons is None else len(persons.cohort_rows),
            base=None if delta is None else delta.base,
            base_faces=0 if delta is None else delta.base_faces,
            base_persons=0 if delta is None else delta.base_persons,
            base_created=None if delta is None else delta.base_created,
            marks={} if delta is None else delta.marks,
        )
        encoded, offset = msgspec.json.encode(index), self._file.tell()
        self._file.write(encoded)
        self._file.write(footer(offset, encoded))
        self._file.truncate()
        self._file.close()
        self._finished = True
        return index

    def _put_persons(self, delta: DeltaFields | None) -> PersonsOfFile | None:
        """Write the cohort and the figures; None where the file has none."""
        if self._salt is None or delta is not None:
            return None
        self._file.flush()
        persons = PersonsOfFile(
            self._rows,
            np.asarray(self._offsets, np.int64),
            self._person_ids,
            self._salt,
            np.asarray(self._handicaps, np.float32),
        )
        self._put("cohort", persons.cohort_rows.astype("<u4").tobytes())
        figures = persons.figures
        self._put("face_means", figures.face_means.astype("<f4").tobytes())
        self._put("person_means", figures.person_means.astype("<f4").tobytes())
        self._put("person_lengths", figures.person_lengths.astype("<f4").tobytes())
        return persons

    def _put_codes(self, persons: PersonsOfFile | None) -> CodeStatistics | None:
        if self.faces < max(_FEWEST_CODED, self._coded_from) or not can_be_coded(self._dimension):
            return None
        self._file.flush()
        rows = self._rows if persons is None else persons.rows_to_code
        builder = CodeBuilder(rows(_spread(self.faces, SAMPLE)))
        first = rows([(0, min(self.faces, _BLOCK_ROWS))])
        builder.add(first)
        statistics = builder.statistics(first, self._dimension)
        for begin in range(_BLOCK_ROWS, self.faces, _BLOCK_ROWS):
            builder.add(rows([(begin, min(begin + _BLOCK_ROWS, self.faces))]))
        self._put("codebooks", np.ascontiguousarray(builder.codebooks, dtype="<f4").tobytes())
        self._put("codes", builder.codes.data)
        return statistics

    def _rows(self, ranges: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
        """Rows that were written, read back: mapping them would count as our memory."""
        width = 4 * self._dimension
        parts = [
            os.pread(self._file.fileno(), (end - begin) * width, ALIGNMENT + begin * width)
            for begin, end in ranges
        ]
        rows = np.frombuffer(b"".join(parts), dtype="<f4")
        return rows.reshape(-1, self._dimension)

    def _put(self, name: str, content: bytes | bytearray | memoryview) -> None:
        self._file.write(bytes(-self._file.tell() % ALIGNMENT))
        digest = hashlib.sha256(content).hexdigest()
        self._sections[name] = Section(self._file.tell(), len(content), digest)
        self._file.write(content)


def _spread(rows: int, wanted: int) -> list[tuple[int, int]]:
    """Ranges of rows, ``wanted`` in all, spread evenly over the file, in runs of 16."""
    runs = wanted // 16
    if rows <= wanted:
        return [(0, rows)]
    return [(begin, begin + 16) for begin in (run * (rows - 16) // runs for run in range(runs))]
