"""Labelled faces: unaltered images, and images with one thing drawn on them."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
from numpy.typing import NDArray

from shared.domain.face.attributes import Glasses
from shared.domain.values import Detection
from shared.vision.analyzer import FaceAnalyzer
from shared.vision.images import Image
from tools.measure.accuracy.reference import DATA, central_face, lfw_image, lfw_pairs
from tools.train.occlusion.labels import LFW_LABELS, MASK_SET_LABELS, NOTHING, Worn, labels
from tools.train.occlusion.obstacles import ObstaclePainter
from tools.train.occlusion.painting import Cover, Painted, Points

_FREE = 0.15
_HIDDEN = 0.55
_EYE_HIDDEN = 0.6
"""Covered shares of a part's area: below the first the part is free, from the others on it is
hidden. Parts in between are neither fitted nor counted."""

_FOREHEAD_HEIGHT = 0.45
"""Height above the brows, in distances between the outer eye corners."""

_HELD_OUT = 5
"""Every fifth of the mask images is not fitted."""


_MASKED = np.array([math.nan, math.nan, 1, 1, 1, math.nan, math.nan, math.nan], np.float32)
"""The truths known for a face with a mask: the mask covers mouth and nose."""


class Kind(StrEnum):
    """The kind of a drawing."""

    NOTHING = "nothing"
    MASK = "mask"
    SLIPPED = "mask below the nose"
    GLASSES = "glasses"
    SUNGLASSES = "sunglasses"
    HAT = "hat"
    BLOCK = "block"
    HAND = "hand"
    SCARF = "scarf"
    PALM = "open hand"
    THING = "thing"


_DRAWN = tuple(Kind)[1:9]
"""Drawn on images for fitting and on images for evaluation."""

OBSTACLES = (Kind.PALM, Kind.THING)
"""Drawn for fitting only: things in front of the mouth that are not masks."""

_MASKS = frozenset({Kind.MASK, Kind.SLIPPED})
_FREE_EYES = _MASKS | {Kind.HAT, Kind.SCARF}
"""Drawings that leave the person's own glasses visible."""
_FREE_HAIR = _MASKS | {Kind.GLASSES, Kind.SUNGLASSES, Kind.SCARF}
"""Drawings that leave the person's own hat visible."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A face, and what covers it.

    Attributes:
        name: name of the original image.
        kind: what was drawn.
        image: the image with the drawing.
        face: as the pipeline detects it; if the drawing hides it, as detected in the original.
        truths: float32, (8,), in the order of PROBES: 1 or 0; nan if not known.
    """

    name: str
    kind: Kind
    image: Image
    face: Detection
    truths: NDArray[np.float32]


def lfw_names(*folds: int) -> list[str]:
    """The images of some folds, in order of name. No person is in two folds."""
    of = {name: pair.fold for pair in lfw_pairs() for name in (pair.first, pair.second)}
    return sorted(name for name, fold in of.items() if not folds or fold in folds)


def lfw_examples(
    analyzer: FaceAnalyzer, names: Sequence[str], drawings: int, *, obstacles: bool = False
) -> Iterator[Example]:
    """Images of Labeled Faces in the Wild, unaltered and with things drawn on them.

    The same image always gets the same drawings.

    Args:
        analyzer: detects the faces; the one nearest the centre is used.
        names: names of the images.
        drawings: number of altered copies of each image, each with one thing drawn on it.
        obstacles: whether to add copies of each image with an open hand and with a thing.
    """
    known = labels(LFW_LABELS)
    for name in names:
        image = analyzer.decode(lfw_image(name))
        face = central_face(analyzer, image)
        if face is not None:
            worn = known.get(name, NOTHING)
            yield Example(name, Kind.NOTHING, image, face, _as_it_is(worn))
            subject = _Subject(name, image, face, worn)
            yield from _drawn(analyzer, subject, drawings, obstacles=obstacles)


def mask_examples(
    analyzer: FaceAnalyzer, *, held_out: bool, drawings: int = 0, obstacles: bool = False
) -> Iterator[Example]:
    """Images of the public mask set; those without a mask also with things drawn on them.

    Args:
        analyzer: detects the faces; the largest one is used.
        held_out: whether to yield the fifth that is not fitted, or the rest.
        drawings: number of altered copies of each image without a mask, with one thing on each.
        obstacles: whether to add copies of these images with an open hand and with a thing.
    """
    known = labels(MASK_SET_LABELS)
    for masked, folder in ((True, "with_mask"), (False, "without_mask")):
        for path in mask_images(folder, held_out=held_out):
            image = analyzer.decode(path.read_bytes())
            face = next(iter(analyzer.detect(image)), None)
            if face is None:
                continue
            worn = known.get(path.name, NOTHING)
            truths = _MASKED if masked else _as_it_is(worn)
            yield Example(path.name, Kind.NOTHING, image, face, truths)
            if not masked and worn.mouth_free:
                subject = _Subject(path.name, image, face, worn)
                yield from _drawn(analyzer, subject, drawings, obstacles=obstacles)


def mask_images(folder: str, *, held_out: bool) -> list[Path]:
    """The files of a folder of the mask set that are held out, or that are fitted."""
    return [
        path
        for path in sorted((DATA / "masks" / folder).iterdir())
        if (zlib.crc32(path.name.encode()) % _HELD_OUT == 0) == held_out
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Subject:
    """A face on which things are drawn."""

    name: str
    image: Image
    face: Detection
    worn: Worn


def _drawn(
    analyzer: FaceAnalyzer, subject: _Subject, drawings: int, *, obstacles: bool
) -> Iterator[Example]:
    seed, pixels = zlib.crc32(subject.name.encode()), subject.image.pixels
    points = analyzer.points(subject.image, subject.face)
    lot = np.random.default_rng([seed])
    kinds = [(Kind(choice), lot) for choice in lot.permutation(list(_DRAWN))[:drawings]]
    if obstacles:
        others = np.random.default_rng([seed, 1])
        kinds += [(kind, others) for kind in OBSTACLES]
    for kind, chance in kinds:
        painted = _painted(ObstaclePainter(pixels, points, chance, pixels), kind)
        drawn = Image(painted.pixels)
        found = central_face(analyzer, drawn) or subject.face
        truths = _truths(kind, subject.worn, painted.cover, points)
        yield Example(subject.name, kind, drawn, found, truths)


def _painted(painter: ObstaclePainter, kind: Kind) -> Painted:
    draw = {
        Kind.MASK: lambda: painter.mask(below_nose=False),
        Kind.SLIPPED: lambda: painter.mask(below_nose=True),
        Kind.GLASSES: painter.glasses,
        Kind.SUNGLASSES: painter.sunglasses,
        Kind.HAT: painter.hat,
        Kind.BLOCK: painter.block,
        Kind.HAND: painter.hand,
        Kind.SCARF: painter.scarf,
        Kind.PALM: painter.palm,
        Kind.THING: painter.thing,
    }
    return draw[kind]()


def _as_it_is(worn: Worn) -> NDArray[np.float32]:
    """Truths of an unaltered image. A hat not marked open is assumed to hide the forehead, and
    sunglasses the eyes."""
    headwear = _number(worn.headwear)
    forehead = 0.0 if worn.forehead_free else headwear
    glasses, sun = _glasses_truths(worn.glasses)
    mouth = 0.0 if worn.mouth_free else np.nan
    truths = [forehead, sun, mouth, mouth, np.nan, headwear, glasses, sun]
    return np.array(truths, np.float32)


def _truths(kind: Kind, worn: Worn, cover: Cover, points: Points) -> NDArray[np.float32]:
    forehead = _hidden(_share(cover, _forehead(points)), _HIDDEN)
    if worn.headwear is not False and forehead != 1:
        forehead = np.nan
    eyes = max(_share(cover, points[36:42]), _share(cover, points[42:48]))
    eye = 0.0 if kind is Kind.GLASSES else _hidden(eyes, _EYE_HIDDEN)
    if worn.glasses is Glasses.SUN:
        eye = 1.0
    masked = np.nan if kind is Kind.SCARF else float(kind in _MASKS)
    whole = float(kind is Kind.MASK) if kind in _MASKS else np.nan
    headwear = _number(worn.headwear) if kind in _FREE_HAIR else np.nan
    if kind is Kind.HAT:
        headwear = 1.0
    mouth = _hidden(_share(cover, points[48:60]), _HIDDEN)
    glasses, sun = _glasses_truths(_visible_glasses(kind, worn.glasses))
    return np.array([forehead, eye, mouth, masked, whole, headwear, glasses, sun], np.float32)


def _visible_glasses(kind: Kind, own: Glasses | None) -> Glasses | None:
    if kind is Kind.SUNGLASSES:
        return Glasses.SUN
    if kind is Kind.GLASSES:
        return None if own is Glasses.SUN else Glasses.READING
    return own if kind in _FREE_EYES else None


def _glasses_truths(worn: Glasses | None) -> tuple[float, float]:
    """Whether glasses are worn, and whether they are sunglasses."""
    if worn is None:
        return np.nan, np.nan
    return float(worn is not Glasses.NONE), float(worn is Glasses.SUN)


def _forehead(points: Points) -> Points:
    across = points[45] - points[36]
    up = np.array([across[1], -across[0]]) * _FOREHEAD_HEIGHT
    return np.concatenate([points[17:27], (points[17:27] + up)[::-1]])


def _share(cover: Cover, part: Points) -> float:
    """The covered share of a part of the face."""
    canvas = PIL.Image.new("L", cover.shape[::-1])
    PIL.ImageDraw.Draw(canvas).polygon([(float(x), float(y)) for x, y in part], fill=1)
    inside = np.asarray(canvas, bool)
    return float(cover[inside].mean()) if inside.any() else 0.0


def _hidden(share: float, bound: float) -> float:
    if share >= bound:
        return 1.0
    return 0.0 if share <= _FREE else np.nan


def _number(known: bool | None) -> float:
    return np.nan if known is None else float(known)
