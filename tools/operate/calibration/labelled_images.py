"""Labelled images: pairs in a CSV file, or folders of people."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.domain.errors import InvalidImage, InvalidImageSize
from shared.vision.analyzer import FaceAnalyzer

_SUFFIXES = {
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp",
    ".webp", ".avif", ".heic", ".heif", ".tif", ".tiff",
}  # fmt: skip
"""Files that are taken for images, as `lineament` takes them."""

_COLUMNS = ("first", "second", "same")
_TRUE, _FALSE = {"1", "true", "yes"}, {"0", "false", "no"}


class UnusableImages(Exception):
    """The images cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Images with a face.

    Attributes:
        paths: of the images.
        vectors: float32, (images, dimension), unit rows.
        skipped: images in which no face was found, or that cannot be read.
    """

    paths: Sequence[Path]
    vectors: NDArray[np.float32]
    skipped: Sequence[Path]


@dataclass(frozen=True, slots=True, eq=False)
class Cosines:
    """Cosines of pairs, rising.

    Attributes:
        same: of two images of one person.
        other: of images of two persons.
    """

    same: NDArray[np.float32]
    other: NDArray[np.float32]


def read_pairs(path: Path) -> list[tuple[Path, Path, bool]]:
    """The rows of a CSV file with the columns first, second and same; paths from its folder.

    Raises:
        UnusableImages: it cannot be read, lacks a column or a value, or a value of ``same`` is not
            1 or 0.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as table:
            reader = csv.DictReader(table)
            if not set(_COLUMNS) <= set(reader.fieldnames or ()):
                raise UnusableImages(f"{path} must have the columns {', '.join(_COLUMNS)}.")
            return [_pair(path.parent, reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnusableImages(f"{path} cannot be read as CSV in UTF-8.") from error


def people_of(folder: Path) -> dict[Path, str]:
    """Each image below a folder that has a folder for each person, and whose it is."""
    return {
        image: person.name
        for person in sorted(folder.iterdir())
        if person.is_dir()
        for image in sorted(person.rglob("*"))
        if image.suffix.lower() in _SUFFIXES
    }


def embed(
    analyzer: FaceAnalyzer, paths: Sequence[Path], progress: Callable[[int], None]
) -> Embedded:
    """The largest face of each image.

    Args:
        progress: called with the number of images so far.
    """
    found, vectors, skipped = [], [], []
    for number, path in enumerate(paths):
        progress(number)
        try:
            image = analyzer.decode(path.read_bytes())
        except (OSError, InvalidImage, InvalidImageSize):
            skipped.append(path)
            continue
        faces = analyzer.detect(image)
        if not faces:
            skipped.append(path)
            continue
        largest = max(faces, key=lambda face: face.rectangle.width * face.rectangle.height)
        found.append(path)
        vectors.append(analyzer.embed(image, [largest])[0].vector)
    stacked = np.stack(vectors) if vectors else np.empty((0, analyzer.dimension), np.float32)
    return Embedded(found, stacked, skipped)


def cosines_of_pairs(embedded: Embedded, pairs: Sequence[tuple[Path, Path, bool]]) -> Cosines:
    """The cosines of listed pairs, without those of which an image was skipped."""
    rows = {path: row for row, path in enumerate(embedded.paths)}
    same: list[float] = []
    other: list[float] = []
    for first, second, alike in pairs:
        if first in rows and second in rows:
            cosine = float(embedded.vectors[rows[first]] @ embedded.vectors[rows[second]])
            (same if alike else other).append(cosine)
    return Cosines(np.sort(np.array(same, np.float32)), np.sort(np.array(other, np.float32)))


def cosines_of_people(embedded: Embedded, people: NDArray[np.int64]) -> Cosines:
    """The cosines of all pairs of images.

    Args:
        people: of each image, the number of its person.
    """
    same: list[NDArray[np.float32]] = []
    other: list[NDArray[np.float32]] = []
    for row in range(len(people) - 1):
        cosines = embedded.vectors[row + 1 :] @ embedded.vectors[row]
        alike = people[row + 1 :] == people[row]
        same.append(cosines[alike])
        other.append(cosines[~alike])
    empty = np.empty(0, np.float32)
    return Cosines(
        np.sort(np.concatenate([empty, *same])), np.sort(np.concatenate([empty, *other]))
    )


def _pair(folder: Path, line: int, row: Mapping[str, str | None]) -> tuple[Path, Path, bool]:
    first, second, same = ((row[column] or "").strip() for column in _COLUMNS)
    if not first or not second or same.lower() not in _TRUE | _FALSE:
        raise UnusableImages(f"Line {line} must have two images, and 1 or 0 for same.")
    return folder / first, folder / second, same.lower() in _TRUE
