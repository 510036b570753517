"""Photographs of Labeled Faces in the Wild with things drawn on them, and what is true of each."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import PIL.Image
import PIL.ImageDraw
from numpy.typing import NDArray

from shared.domain.face.attributes import Glasses
from shared.domain.values import Detection
from shared.vision.analyzer import FaceAnalyzer
from shared.vision.images import Image
from tools.measure.accuracy.reference import central_face, lfw_image, lfw_pairs
from tools.train.coverings.labels import NOTHING, Worn, labels
from tools.train.coverings.painting import Cover, Painted, Painter, Points

OUTPUTS = 6
"""Forehead, eye, mouth, mask, whole mask and headwear, in the order of the network."""

_FREE = 0.15
_HIDDEN = 0.55
_EYE_HIDDEN = 0.6
"""Shares of a part's area: below the first it is free, from the others on it is hidden. What lies
between is neither taught nor counted."""

_FOREHEAD_HEIGHT = 0.45
"""In distances of the outer eye corners, above the brows."""

_SLIPPED_SHARE = 0.5
"""Of the photographs also get a mask below the nose."""


class Kind(StrEnum):
    """What is drawn."""

    NOTHING = "nothing"
    MASK = "mask"
    SLIPPED = "mask below the nose"
    GLASSES = "glasses"
    SUNGLASSES = "sunglasses"
    HAT = "hat"
    BLOCK = "block"
    HAND = "hand"
    SCARF = "scarf"


_MASKS = frozenset({Kind.MASK, Kind.SLIPPED})
_FREE_EYES = _MASKS | {Kind.HAT, Kind.SCARF}
"""After these the person's own glasses are still seen."""
_FREE_HAIR = _MASKS | {Kind.GLASSES, Kind.SUNGLASSES, Kind.SCARF}
"""After these the person's own hat is still seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A photograph, its face as the detector sees it, and what is true of it.

    Attributes:
        name: of the photograph, before anything was drawn on it.
        kind: what was drawn.
        image: with it.
        face: the one nearest the middle.
        truths: float32, (OUTPUTS,), 0 or 1, nan where it is not known.
        glasses: none, reading or sun; None where it is not known.
    """

    name: str
    kind: Kind
    image: Image
    face: Detection
    truths: NDArray[np.float32]
    glasses: Glasses | None


def photographs(*folds: int) -> list[str]:
    """The photographs of some folds, in order of name. No person is in two folds."""
    of = {name: pair.fold for pair in lfw_pairs() for name in (pair.first, pair.second)}
    return sorted(name for name, fold in of.items() if not folds or fold in folds)


def examples(
    analyzer: FaceAnalyzer, names: Sequence[str], drawn_on: Collection[str] | None = None
) -> Iterator[Example]:
    """Each photograph as it is and with one thing at a time, where a face is still found.

    The same photograph always gets the same things.

    Args:
        analyzer: finds the faces.
        names: of the photographs.
        drawn_on: those that things are drawn on; all by default.
    """
    every, known = photographs(), labels()
    for name in names:
        image = analyzer.decode(lfw_image(name))
        face = central_face(analyzer, image)
        if face is None:
            continue
        worn = known.get(name, NOTHING)
        yield Example(name, Kind.NOTHING, image, face, _as_it_is(worn), worn.glasses)
        if drawn_on is not None and name not in drawn_on:
            continue
        lot = np.random.default_rng([zlib.crc32(name.encode())])
        texture = analyzer.decode(lfw_image(every[lot.integers(len(every))])).pixels
        points = analyzer.points(image, face)
        for kind in list(Kind)[1:]:
            if kind is Kind.SLIPPED and lot.random() < _SLIPPED_SHARE:
                continue
            painted = _painted(Painter(image.pixels, points, lot, texture), kind)
            picture = Image(painted.pixels)
            found = central_face(analyzer, picture)
            if found is not None:
                truths = _truths(kind, worn, painted.cover, points)
                yield Example(name, kind, picture, found, truths, _glasses(kind, worn.glasses))


def _painted(painter: Painter, kind: Kind) -> Painted:
    draw = {
        Kind.MASK: lambda: painter.mask(below_nose=False),
        Kind.SLIPPED: lambda: painter.mask(below_nose=True),
        Kind.GLASSES: painter.glasses,
        Kind.SUNGLASSES: painter.sunglasses,
        Kind.HAT: painter.hat,
        Kind.BLOCK: painter.block,
        Kind.HAND: painter.hand,
        Kind.SCARF: painter.scarf,
    }
    return draw[kind]()


def _as_it_is(worn: Worn) -> NDArray[np.float32]:
    """A hat not marked open is taken to hide the forehead, and sunglasses to hide the eyes."""
    headwear = _number(worn.headwear)
    forehead = 0.0 if worn.forehead_free else headwear
    eye = np.nan if worn.glasses is None else float(worn.glasses is Glasses.SUN)
    return np.array([forehead, eye, 0, 0, 0, headwear], np.float32)


def _truths(kind: Kind, worn: Worn, cover: Cover, points: Points) -> NDArray[np.float32]:
    forehead = _hidden(_share(cover, _forehead(points)), _HIDDEN)
    if worn.headwear is not False and forehead != 1:
        forehead = np.nan
    eyes = max(_share(cover, points[36:42]), _share(cover, points[42:48]))
    eye = 0.0 if kind is Kind.GLASSES else _hidden(eyes, _EYE_HIDDEN)
    if worn.glasses is Glasses.SUN:
        eye = 1.0
    masked = np.nan if kind is Kind.SCARF else float(kind in _MASKS)
    whole = np.nan if kind is Kind.SCARF else float(kind is Kind.MASK)
    headwear = _number(worn.headwear) if kind in _FREE_HAIR else np.nan
    mouth = _hidden(_share(cover, points[48:60]), _HIDDEN)
    return np.array(
        [forehead, eye, mouth, masked, whole, 1.0 if kind is Kind.HAT else headwear], np.float32
    )


def _glasses(kind: Kind, own: Glasses | None) -> Glasses | None:
    if kind is Kind.SUNGLASSES:
        return Glasses.SUN
    if kind is Kind.GLASSES:
        return None if own is Glasses.SUN else Glasses.READING
    return own if kind in _FREE_EYES else None


def _forehead(points: Points) -> Points:
    across = points[45] - points[36]
    up = np.array([across[1], -across[0]]) * _FOREHEAD_HEIGHT
    return np.concatenate([points[17:27], (points[17:27] + up)[::-1]])


def _share(cover: Cover, part: Points) -> float:
    """How much of a part of the face is covered."""
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
