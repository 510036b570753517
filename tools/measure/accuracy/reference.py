"""Reads the reference images and their labels; see docs/data.md."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from shared.domain.values import Detection
from shared.vision.analyzer import FaceAnalyzer
from shared.vision.images import Image
from tools.build.portraits import FILES, PORTRAITS_DIRECTORY
from tools.reference_data import data_folder

DATA = data_folder()

GROUP_IMAGES = {
    "detection4.jpg": 3,
    "detection5.jpg": 3,
    "detection6.jpg": 2,
    "identification1.jpg": 4,
    "test-image-person-group.jpg": 2,
}
"""The number of people in each image, counted manually."""

_POINTS = 68


@dataclass(frozen=True, slots=True)
class Pair:
    """Two images of the official protocol, and whether they show one person."""

    fold: int
    same: bool
    first: str
    second: str


def portraits() -> list[Path]:
    """Images with one person each: the portraits, and Microsoft's two families."""
    own = [PORTRAITS_DIRECTORY / name for name in FILES if name.endswith(".jpg")]
    return own + sorted((DATA / "faces").glob("Family*.jpg"))


def lfw_pairs() -> list[Pair]:
    """The 3,000 pairs of folds 1 to 5 of Labeled Faces in the Wild, View 2."""
    with (DATA / "lfw" / "pairs.csv").open(encoding="utf-8") as table:
        return [
            Pair(int(row["fold"]), row["same"] == "1", row["image_a"], row["image_b"])
            for row in csv.DictReader(table)
        ]


def lfw_genders() -> dict[str, str]:
    """Image name → ``female`` or ``male``, for the labelled images."""
    with (DATA / "lfw" / "gender.csv").open(encoding="utf-8") as table:
        return {row["image"]: row["gender"] for row in csv.DictReader(table)}


def lfw_image(name: str) -> bytes:
    """An image of Labeled Faces in the Wild."""
    return (DATA / "lfw" / "images" / name).read_bytes()


def central_face(analyzer: FaceAnalyzer, image: Image) -> Detection | None:
    """The face nearest the centre of an image; None if there is no face."""

    def distance(face: Detection) -> float:
        box = face.rectangle
        return float(
            np.hypot(
                box.left + box.width / 2 - image.width / 2,
                box.top + box.height / 2 - image.height / 2,
            )
        )

    return min(analyzer.detect(image), key=distance, default=None)


def marked_faces() -> Iterator[tuple[str, bytes, list[NDArray[np.float64]]]]:
    """Each image with annotated faces: its name, its bytes, and 68 points per face, (68, 2)."""
    folder = DATA / "landmarks"
    for table in sorted(folder.glob("*.xml")):
        for entry in ElementTree.parse(table).getroot().iter("image"):  # noqa: S314 - our own file
            name = entry.attrib["file"]
            faces = [_marked(box) for box in entry.iter("box")]
            yield name, (folder / name).read_bytes(), faces


def _marked(box: ElementTree.Element) -> NDArray[np.float64]:
    places = {part.attrib["name"]: part.attrib for part in box.iter("part")}
    return np.array(
        [(float(places[f"{n:02}"]["x"]), float(places[f"{n:02}"]["y"])) for n in range(_POINTS)]
    )
