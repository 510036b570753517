"""How many more faces the second detection pass finds, in which images, and its cost."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import PIL.Image

from shared.domain.face.geometry import Rectangle
from shared.vision.analyzer import FaceAnalyzer, load_analyzer
from shared.vision.detector import Detector
from shared.vision.images import Image
from shared.vision.runtime.manifest import Task, load_manifest
from shared.vision.runtime.sessions import Sessions
from tools.measure.accuracy.reference import DATA, lfw_image, portraits
from tools.measure.accuracy.table import Table, proportion
from tools.train.occlusion.examples import lfw_names

_LFW_STEP = 60
_UPRIGHT_DEGREES = 20.0
_MOST = 0.95
_BACKGROUND_STEP = 5
_BACKGROUND = 70
_BACKGROUND_SHOWN = (70, 110, 160, 210, 260, 320)
"""Sides of background patches in pixels, used in turn: the original one, and enlarged ones."""


@dataclass(frozen=True, slots=True)
class _Images:
    """Images of one kind, each with the rotation of its face in counter-clockwise quarter turns.

    Attributes:
        rounds: number of detections in each image; the shortest time counts.
    """

    title: str
    images: Callable[[], Iterator[tuple[Image, int]]]
    rounds: int = 3


def measure() -> Table:
    """Images in which a face is found, by the first pass alone and by both."""
    analyzer = load_analyzer()
    entry = load_manifest().first(Task.DETECTION)
    detector = Detector(Sessions().session(entry), entry)
    kinds = (
        _Images("mask set, masked", lambda: _masks(analyzer, "with_mask")),
        _Images("mask set, without a mask", lambda: _masks(analyzer, "without_mask")),
        _Images("portraits and LFW, turned by 90, 180 and 270 degrees", lambda: _turned(analyzer)),
        _Images("background of LFW, without a face", lambda: _background(analyzer), rounds=7),
    )
    rows = []
    for kind in kinds:
        images = first = both = upright = 0
        taken: list[tuple[float, float]] = []
        empty: list[float] = []
        for image, quarters in kind.images():
            images += 1
            alone, faces = detector.first_look(image), detector.detect(image)
            taken.append(_least_seconds(detector, image, kind.rounds))
            if not faces:
                empty.append(taken[-1][1] / taken[-1][0])
            first += bool(alone)
            both += bool(faces)
            if faces:
                roll = analyzer.head_pose(image, faces[0]).roll
                upright += abs((roll + 90 * quarters + 180) % 360 - 180) < _UPRIGHT_DEGREES
        rows.append(
            (
                kind.title,
                images,
                proportion(first, images),
                proportion(both, images),
                proportion(upright, both),
                f"{sum(both for _, both in taken) / sum(first for first, _ in taken):.2f}",
                f"{np.quantile([both / first for first, both in taken], _MOST):.2f}",
                f"{max(empty):.2f}" if empty else "-",
            )
        )
    return Table(
        "Images with a face found, by the first look alone and with the second, of those the share"
        f" whose roll is right within {_UPRIGHT_DEGREES:.0f} degrees, and the processor time of"
        " detection relative to the first look's: of all images, at most in"
        f" {100 * _MOST:.0f} % of them, and the most of an image in which no face is found; 95 %"
        " intervals",
        (
            "images",
            "number",
            "first look",
            "both looks",
            "right way up",
            "time",
            f"{100 * _MOST:.0f} %",
            "most, no face",
        ),
        rows,
    )


def _least_seconds(detector: Detector, image: Image, rounds: int) -> tuple[float, float]:
    """Processor time of the first pass and of detection: each the fastest of alternating rounds."""
    seconds: list[tuple[float, float]] = []
    for _ in range(rounds):
        started = time.process_time()
        detector.first_look(image)
        between = time.process_time()
        detector.detect(image)
        seconds.append((between - started, time.process_time() - between))
    return min(first for first, _ in seconds), min(both for _, both in seconds)


def _masks(analyzer: FaceAnalyzer, folder: str) -> Iterator[tuple[Image, int]]:
    for path in sorted((DATA / "masks" / folder).iterdir()):
        yield analyzer.decode(path.read_bytes()), 0


def _turned(analyzer: FaceAnalyzer) -> Iterator[tuple[Image, int]]:
    contents = [path.read_bytes() for path in portraits()]
    contents += [lfw_image(name) for name in lfw_names()[::_LFW_STEP]]
    for content in contents:
        image = analyzer.decode(content)
        for quarters in (1, 2, 3):
            yield Image(np.ascontiguousarray(np.rot90(image.pixels, quarters))), quarters


def _background(analyzer: FaceAnalyzer) -> Iterator[tuple[Image, int]]:
    """The image corners that no face overlaps, in several sizes."""
    shown = itertools.cycle(_BACKGROUND_SHOWN)
    for name in lfw_names()[::_BACKGROUND_STEP]:
        image = analyzer.decode(lfw_image(name))
        faces = [face.rectangle for face in analyzer.detect(image)]
        for left in (0, image.width - _BACKGROUND):
            patch = Rectangle(left, 0, _BACKGROUND, _BACKGROUND)
            if not any(patch.overlap(face) for face in faces):
                pixels = image.pixels[:_BACKGROUND, left : left + _BACKGROUND]
                side = next(shown)
                yield Image(np.asarray(PIL.Image.fromarray(pixels).resize((side, side)))), 0
