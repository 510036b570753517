"""The snapshot file: what training writes once and searches map into memory.

Little-endian throughout. The file is written in one pass, so its index stands at the end:

    offset 0    preamble, 64 bytes: magic "LINEAMNT", uint32 format version, zeros
    64          sections, each beginning at a multiple of 64:
                  vectors         float32, faces x dimension, unit rows, ordered by person
                  face_ids        16 bytes a face (the UUID), in the order of the rows
                  person_ids      16 bytes a person, ascending
                  person_offsets  uint32, persons + 1: person i owns rows offsets[i] to offsets[i+1]
                index, JSON: model, dimension, faces, persons, and per section offset and length
    end - 64    footer, 64 bytes: uint64 offset and uint64 length of the index, SHA-256 of all that
                comes before the footer (32 bytes), magic "LINEAMNT", 8 zero bytes

Vectors are float32: they are the stored embeddings bit for bit, so that a search scores exactly as
verify does, and numpy multiplies them without a copy.
"""

from __future__ import annotations

import hashlib
import mmap
import struct
import uuid
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

_Item = TypeVar("_Item", bound=np.generic)

MAGIC = b"LINEAMNT"
FORMAT_VERSION = 1
_ALIGNMENT = 64
_PREAMBLE = struct.Struct("<8sI52x")
_FOOTER = struct.Struct("<QQ32s8s8x")


class TornSnapshot(ValueError):
    """The file is no whole, untampered snapshot of a version that this program reads."""


class Section(msgspec.Struct, frozen=True):
    """Where a section lies in the file, in bytes."""

    offset: int
    length: int


class SnapshotIndex(msgspec.Struct, frozen=True):
    """What the file says about itself."""

    model: str
    dimension: int
    faces: int
    persons: int
    sections: dict[str, Section]


class SnapshotWriter:
    """Writes a snapshot face by face, in order of person; memory grows by ids only.

    Use as a context manager; unless ``finish`` was called, the file is removed on leaving.

    Args:
        path: the file to make.
        model: the embedding model of every vector.
        dimension: of every vector.
    """

    def __init__(self, path: Path, *, model: str, dimension: int) -> None:
        self._path = path
        self._model = model
        self._dimension = dimension
        self._face_ids = bytearray()
        self._person_ids = bytearray()
        self._offsets: list[int] = []
        self._faces = 0
        self._digest = hashlib.sha256()
        self._position = 0
        self._finished = False
        self._file: BinaryIO = path.open("wb")
        self._put(_PREAMBLE.pack(MAGIC, FORMAT_VERSION))

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

    def add(self, person_id: str, face_id: str, vector: NDArray[np.float32]) -> None:
        """Append a face.

        Args:
            person_id: a UUID; not smaller than that of the face before.
            face_id: a UUID.
            vector: float32, (dimension,), unit length.

        Raises:
            ValueError: the vector has another dimension, or the person is out of order.
        """
        if vector.shape != (self._dimension,):
            raise ValueError(f"The vector's shape is {vector.shape}, not ({self._dimension},).")
        person = uuid.UUID(person_id).bytes
        last = bytes(self._person_ids[-16:])
        if person != last:
            if person < last:
                raise ValueError("Faces must come in order of person.")
            self._person_ids += person
            self._offsets.append(self._faces)
        self._face_ids += uuid.UUID(face_id).bytes
        self._faces += 1
        self._put(np.ascontiguousarray(vector, dtype="<f4").tobytes())

    @property
    def faces(self) -> int:
        """How many faces were added so far."""
        return self._faces

    def finish(self) -> SnapshotIndex:
        """Write what follows the vectors and close the file."""
        sections = {"vectors": Section(_ALIGNMENT, self._position - _ALIGNMENT)}
        offsets = np.array([*self._offsets, self._faces], dtype="<u4")
        for name, content in (
            ("face_ids", bytes(self._face_ids)),
            ("person_ids", bytes(self._person_ids)),
            ("person_offsets", offsets.tobytes()),
        ):
            self._put(bytes(-self._position % _ALIGNMENT))
            sections[name] = Section(self._position, len(content))
            self._put(content)
        index = SnapshotIndex(
            self._model, self._dimension, self._faces, len(self._offsets), sections
        )
        encoded, offset = msgspec.json.encode(index), self._position
        self._put(encoded)
        self._file.write(_FOOTER.pack(offset, len(encoded), self._digest.digest(), MAGIC))
        self._file.close()
        self._finished = True
        return index

    def _put(self, content: bytes) -> None:
        self._file.write(content)
        self._digest.update(content)
        self._position += len(content)


class Snapshot:
    """A snapshot, mapped into memory; its arrays are read-only views of the file.

    Attributes:
        vectors: float32, (faces, dimension).
        face_ids: uint8, (faces, 16).
        person_ids: uint8, (persons, 16).
        person_offsets: uint32, (persons + 1,).
        size: of the file, in bytes.
    """

    def __init__(self, index: SnapshotIndex, mapped: mmap.mmap) -> None:
        self.index = index
        self.size = len(mapped)
        self.vectors = self._view(mapped, "vectors", np.float32).reshape(-1, index.dimension)
        self.face_ids = self._view(mapped, "face_ids", np.uint8).reshape(-1, 16)
        self.person_ids = self._view(mapped, "person_ids", np.uint8).reshape(-1, 16)
        self.person_offsets = self._view(mapped, "person_offsets", np.uint32)

    @classmethod
    def open(cls, path: Path, *, verify: bool) -> Snapshot:
        """Map a file.

        Args:
            verify: check the whole file's SHA-256 too; done once, after fetching it.

        Raises:
            TornSnapshot: the file is cut, altered, or of another format version.
        """
        with path.open("rb") as file:
            length = file.seek(0, 2)
            if length < _PREAMBLE.size + _FOOTER.size:
                raise TornSnapshot("The snapshot is cut short.")
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, version = _PREAMBLE.unpack_from(mapped, 0)
        footer = length - _FOOTER.size
        offset, size, digest, end_magic = _FOOTER.unpack_from(mapped, footer)
        if magic != MAGIC or end_magic != MAGIC or offset + size != footer:
            raise TornSnapshot("The snapshot's preamble or footer is damaged.")
        if version != FORMAT_VERSION:
            raise TornSnapshot(f"Snapshot format {version} is not {FORMAT_VERSION}. Train again.")
        if verify and hashlib.sha256(memoryview(mapped)[:footer]).digest() != digest:
            raise TornSnapshot("The snapshot's checksum does not match.")
        try:
            index = msgspec.json.decode(mapped[offset : offset + size], type=SnapshotIndex)
        except msgspec.MsgspecError as error:
            raise TornSnapshot("The snapshot's index is damaged.") from error
        return cls(index, mapped)

    def person_id(self, person: int) -> str:
        """The id of the person with that number."""
        return str(uuid.UUID(bytes=self.person_ids[person].tobytes()))

    def face_id(self, row: int) -> str:
        """The persistedFaceId of a row."""
        return str(uuid.UUID(bytes=self.face_ids[row].tobytes()))

    def _view(self, mapped: mmap.mmap, name: str, dtype: type[_Item]) -> NDArray[_Item]:
        section = self.index.sections[name]
        count = section.length // np.dtype(dtype).itemsize
        return np.frombuffer(mapped, dtype, count, section.offset)
