"""The format of the snapshot file, which training writes once and searches map into memory.

Little-endian throughout. The file is written in one pass, so its index is at the end:

    offset 0    preamble, 64 bytes: magic "LINEAMNT", uint32 format version, zeros
    64          sections, each aligned to 64 bytes, with zeros between them:
                  vectors         float32, faces x dimension, unit rows, ordered by person
                  face_ids        16 bytes per face (the UUID), in the order of the rows
                  person_ids      16 bytes per person, ascending
                  person_offsets  uint32, persons + 1: person i owns rows offsets[i] to offsets[i+1]
                if faces have handicaps, in whole snapshots and deltas:
                  handicaps       float32, faces: what is also subtracted from their cosines; it is
                                  included in the figures below, and stored to recompute them
                in whole snapshots of persons, under a model whose scores are normalised:
                  cohort          uint32: rows of the cohort, ascending, one per person
                  face_means      float32, faces: the cohort mean of each face plus twice its
                                  handicap
                  person_means    float32, persons: the cohort mean of the mean of a person's faces
                                  plus twice the mean of their handicaps
                  person_lengths  float32, persons: the length of the sum of a person's faces
                in snapshots of large collections:
                  codebooks       float32, components / 2 x 16 x 2: the 16 centroids of each pair
                                  of components. The components are those of the vectors and, if
                                  there is a cohort, four for what is subtracted from a cosine
                  codes           uint8: for each face and pair the number of its centroid, 4 bits;
                                  rows in blocks of 128 (the last one padded), each block in the
                                  layout of faiss's IndexPQFastScan (bbs 128)
                in deltas:
                  dropped         16 bytes each: ids of persons and faces that no longer exist
                  cohort_persons  16 bytes each: the persons of the base's cohort
                index, JSON:
                  model, dimension, faces, persons
                  cohort          number of rows of the cohort, if there is one
                  created         time of creation, RFC 3339
                  sections        name to offset, length and SHA-256 (hex)
                  codes           if there are codes:
                    scale           mean ratio of the score by codes to the exact one
                    error           standard deviation of the score by codes from that
                    middle          median of the exact scores between faces of the collection
                    deviation       standard deviation of a normal distribution with their
                                    median and their upper tail
                  base            of deltas: the version of the snapshot that it amends
                  baseFaces       of deltas: number of faces of the base
                  basePersons     of deltas: number of persons of the base
                  baseCreated     of deltas: time of creation of the base
                  marks           of deltas: partition to the mark of the changes contained in it
    end - 64    footer, 64 bytes: uint64 offset and uint64 length of the index, SHA-256 of the
                index (32 bytes), magic "LINEAMNT", 8 zero bytes

So every byte is covered by a checksum or has a known value: the footer has the checksum of the
index, the index those of the sections. A fetched file is verified completely, once. When it is
opened again, its ends, its length and the sections of the codes are verified; the latter are copied
into memory anyway.

A delta is a snapshot of the changes since another one, its base. Its faces are searched in addition
to those of the base and replace the base's faces with the same ids; dropped faces are not found.

Version 2 has no cohorts; such a file is read, and searched by raw cosines. Earlier programs that
read version 3 ignore handicaps, which the figures include.

Vectors are float32: they are the stored embeddings bit for bit, so that a search computes the same
scores as verify, and numpy multiplies them without a copy. float16 would halve the file, but change
cosines of 128 components by up to 1e-4: of 396 confidences above 0.5, 79 % would differ from
verify's in their five digits. And numpy takes 11 times as long to scan it (46 against 4.2 ms for
150,000 rows on one thread of the reference machine).
"""

from __future__ import annotations

import hashlib
import mmap
import struct
from collections.abc import Container
from datetime import datetime

import msgspec

MAGIC = b"LINEAMNT"
FORMAT_VERSION = 3
READ_VERSIONS = (2, 3)
ALIGNMENT = 64
PREAMBLE = struct.Struct("<8sI52s")
FOOTER = struct.Struct("<QQ32s8s8s")
BLOCK_ROWS = 128
"""Rows per block of codes. A scan of blocks of 32 takes a fifth longer; faiss does not support
256."""

SUBTRACTED_COMPONENTS = 4
"""Components of a coded row that hold what is subtracted from a cosine; see `codes.py`."""

CODE_SECTIONS = ("codebooks", "codes")
HANDICAPS = "handicaps"
"""The section that is present only if faces have handicaps."""


class TornSnapshot(ValueError):
    """The file is not a complete, unaltered snapshot of a version that this program reads."""


class Section(msgspec.Struct, frozen=True):
    """The position of a section in the file, in bytes, and its SHA-256 in hex."""

    offset: int
    length: int
    sha256: str


class CodeStatistics(msgspec.Struct, frozen=True):
    """Scores by codes are ``scale`` times the exact ones, with a standard error of ``error``.

    Attributes:
        scale: a little less than 1, because centroids are means, which are shorter than the
            vectors that they encode.
        error: the standard deviation of the remaining difference, which is nearly normal.
        middle: the median of the exact scores between faces of the collection.
        deviation: the standard deviation of a normal distribution with their median and their
            99 % quantile.
    """

    scale: float
    error: float
    middle: float
    deviation: float


class SnapshotIndex(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The index of a file; its members are described in the module's docstring."""

    model: str
    dimension: int
    faces: int
    persons: int
    created: datetime
    sections: dict[str, Section]
    codes: CodeStatistics | None = None
    cohort: int | None = None
    base: str | None = None
    base_faces: int = 0
    base_persons: int = 0
    base_created: datetime | None = None
    marks: dict[str, str] = {}


def preamble() -> bytes:
    """The first bytes of a file."""
    return PREAMBLE.pack(MAGIC, FORMAT_VERSION, b"")


def footer(index_offset: int, index: bytes) -> bytes:
    """The last bytes of a file."""
    digest = hashlib.sha256(index).digest()
    return FOOTER.pack(index_offset, len(index), digest, MAGIC, b"")


def read_index(content: mmap.mmap) -> SnapshotIndex:
    """The index of a file; its preamble and footer are verified.

    Raises:
        TornSnapshot: the file is cut, altered at its ends, or of another format version.
    """
    if len(content) < PREAMBLE.size + FOOTER.size:
        raise TornSnapshot("The snapshot is cut short.")
    magic, version, padding = PREAMBLE.unpack_from(content, 0)
    if magic != MAGIC or any(padding):
        raise TornSnapshot("The snapshot's preamble is damaged.")
    if version not in READ_VERSIONS:
        raise TornSnapshot(f"Snapshot format {version} is not {FORMAT_VERSION}. Train again.")
    end = len(content) - FOOTER.size
    offset, length, digest, magic, padding = FOOTER.unpack_from(content, end)
    if magic != MAGIC or any(padding) or offset + length != end:
        raise TornSnapshot("The snapshot's footer is damaged, or the file is cut.")
    encoded = content[offset:end]
    if hashlib.sha256(encoded).digest() != digest:
        raise TornSnapshot("The snapshot's index is damaged.")
    try:
        index = msgspec.json.decode(encoded, type=SnapshotIndex)
    except msgspec.MsgspecError as error:
        raise TornSnapshot("The snapshot's index cannot be read.") from error
    _check_layout(index, offset)
    return index


def version_of(content: mmap.mmap) -> int:
    """The format version of a file whose preamble is valid."""
    version: int = PREAMBLE.unpack_from(content, 0)[1]
    return version


def check_sections(content: mmap.mmap, index: SnapshotIndex, names: Container[str]) -> None:
    """Compare the sections that have these names with their checksums.

    Raises:
        TornSnapshot: one does not match.
    """
    for name, section in index.sections.items():
        if name not in names:
            continue
        with memoryview(content)[section.offset : section.offset + section.length] as view:
            if hashlib.sha256(view).hexdigest() != section.sha256:
                raise TornSnapshot(f"The snapshot's section {name!r} is damaged.")


def check_padding(content: mmap.mmap, index: SnapshotIndex) -> None:
    """Check the zeros between the sections.

    Raises:
        TornSnapshot: there are other bytes.
    """
    for section in index.sections.values():
        end = section.offset + section.length
        (offset,) = struct.unpack_from("<Q", content, len(content) - FOOTER.size)
        if any(content[end : min(offset, _aligned(end))]):
            raise TornSnapshot("The snapshot was altered between its sections.")


def _check_layout(index: SnapshotIndex, end: int) -> None:
    """Check that the sections are adjacent and have the lengths that follow from the counts."""
    if min(index.faces, index.persons, index.dimension - 1) < 0:
        raise TornSnapshot("The snapshot's index has a negative count.")
    lengths = _lengths(index)
    if not lengths.keys() <= index.sections.keys():
        raise TornSnapshot("The snapshot lacks a section.")
    position = ALIGNMENT
    for name, section in index.sections.items():
        expected = lengths.get(name, section.length)
        if section.offset != position or section.length != expected or section.length < 0:
            raise TornSnapshot(f"The snapshot's section {name!r} is not where it should be.")
        position = _aligned(section.offset + section.length)
    last = list(index.sections.values())[-1]
    if last.offset + last.length != end:
        raise TornSnapshot("The snapshot's index is not where it should be.")


def _lengths(index: SnapshotIndex) -> dict[str, int]:
    """The sections that the file must have, and the bytes of each."""
    lengths = {
        "vectors": 4 * index.faces * index.dimension,
        "face_ids": 16 * index.faces,
        "person_ids": 16 * index.persons,
        "person_offsets": 4 * (index.persons + 1),
    }
    if HANDICAPS in index.sections:
        lengths[HANDICAPS] = 4 * index.faces
    if index.cohort is not None:
        lengths["cohort"] = 4 * index.cohort
        lengths["face_means"] = 4 * index.faces
        lengths["person_means"] = lengths["person_lengths"] = 4 * index.persons
    if index.codes is not None:
        components = coded_components(index)
        lengths["codebooks"] = components * 16 * 4
        lengths["codes"] = coded_bytes(index.faces, components)
    return lengths


def coded_components(index: SnapshotIndex) -> int:
    """Number of components of a coded row."""
    return index.dimension + (0 if index.cohort is None else SUBTRACTED_COMPONENTS)


def coded_bytes(faces: int, components: int) -> int:
    """Bytes of the section of codes: whole blocks of rows, 4 bits per pair of components."""
    return -(-faces // BLOCK_ROWS) * BLOCK_ROWS * components // 4


def _aligned(position: int) -> int:
    return -(-position // ALIGNMENT) * ALIGNMENT
