"""What covers a face: masks, glasses, hats, and whatever hides forehead, eyes or mouth.

One small network looks at colours and gradients of a crop that is placed by the detector's five
points. Its weights, `coverings.npz` beside this module, are committed because they are small
(some 150 kB) and are trained rather than fetched: by `python -m tools.train.coverings`, on Labeled
Faces in the Wild, which is for research use. What comes of them is printed by
`python -m tools.measure.accuracy coverings`.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.domain.errors import InvalidModel
from shared.domain.face.attributes import (
    Accessory,
    AccessoryType,
    Glasses,
    Mask,
    MaskType,
)
from shared.domain.values import FivePoints
from shared.vision.alignment import TEMPLATE, aligned_to
from shared.vision.attributes.image_quality import LUMA
from shared.vision.images import Image

WEIGHTS_PATH = Path(__file__).with_name("coverings.npz")

SIDE = 128
"""Pixels of the crop, which shows 144 by 144 of ArcFace's pixels: hair and chin are in it."""

_MARGIN = (16.0, 28.0)
"""ArcFace's pixels that the crop shows beyond the recognition model's, left and on top."""

_SCALE = 128 / 144

_CELL = 8
_EYE_CELL = 4
_EYES = (slice(56, 92), slice(28, 100))
"""Rows and columns about the eyes: rims are thin and need smaller cells."""

_ANGLES = 9
"""Bins of a gradient's direction, half a turn together (Dalal and Triggs, 2005)."""

_FLAT_COLOUR = 0.05
_FLAT_GRADIENT = 0.3
"""What keeps areas without contrast from being amplified."""

FEATURES = 768 + 2304 + 1458
"""Colours, directions everywhere, directions about the eyes."""

HIDDEN_AT = 0.5
"""Probability from which a thing is said to be there."""

_GLASSES = (Glasses.NONE, Glasses.READING, Glasses.SUN)


@dataclass(frozen=True, slots=True)
class Coverings:
    """How likely each thing covers a face; 0 to 1.

    Attributes:
        forehead: something hides the forehead.
        eye: something hides an eye.
        mouth: something hides the mouth.
        mask: a mask is worn.
        whole_mask: a mask is worn over nose and mouth.
        headwear: a hat, cap, helmet or cloth is worn.
        glasses: none, reading glasses, sunglasses; together 1.
    """

    forehead: float
    eye: float
    mouth: float
    mask: float
    whole_mask: float
    headwear: float
    glasses: tuple[float, float, float]

    @property
    def worn_glasses(self) -> Glasses:
        """The likeliest; swimming goggles are never told apart."""
        return _GLASSES[int(np.argmax(self.glasses))]

    @property
    def told_glasses(self) -> Glasses | None:
        """The likeliest, but None for sunglasses, which real photographs do not bear out."""
        return None if self.worn_glasses is Glasses.SUN else self.worn_glasses

    @property
    def worn_mask(self) -> Mask:
        """A mask, something else before the mouth, or none."""
        if self.mask >= HIDDEN_AT:
            return Mask(MaskType.MASK, nose_and_mouth_covered=self.whole_mask >= HIDDEN_AT)
        other = self.mouth >= HIDDEN_AT
        return Mask(MaskType.OTHER if other else MaskType.NONE, nose_and_mouth_covered=False)

    @property
    def accessories(self) -> tuple[Accessory, ...]:
        """What is worn, each with its probability."""
        glasses = 1.0 - self.glasses[0]
        likely = (
            (AccessoryType.HEADWEAR, self.headwear, self.headwear >= HIDDEN_AT),
            (AccessoryType.GLASSES, glasses, self.worn_glasses is not Glasses.NONE),
            (AccessoryType.MASK, self.mask, self.mask >= HIDDEN_AT),
        )
        return tuple(Accessory(kind, share) for kind, share, worn in likely if worn)


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A network of one hidden layer of n.

    Attributes:
        spread: float32, (FEATURES,): each feature is divided by its own.
        hidden: float32, (FEATURES, n).
        hidden_bias: float32, (n,).
        output: float32, (n, 9): six probabilities' logits, then three for glasses.
        output_bias: float32, (9,).
    """

    spread: NDArray[np.float32]
    hidden: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    output: NDArray[np.float32]
    output_bias: NDArray[np.float32]

    def logits(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of (…, FEATURES) features, (…, 9)."""
        hidden = np.maximum(features / self.spread @ self.hidden + self.hidden_bias, 0)
        answer: NDArray[np.float32] = hidden @ self.output + self.output_bias
        return answer


class CoveringClassifier:
    """Sees what covers a face. Safe to use from several threads."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def look(self, image: Image, points: FivePoints) -> Coverings:
        """What covers the face with these points, some 2 ms."""
        logits = self._weights.logits(features(crop(image, points))).astype(np.float64)
        single = 1 / (1 + np.exp(-logits[:6]))
        shares = np.exp(logits[6:] - logits[6:].max())
        none, reading, sun = (shares / shares.sum()).tolist()
        forehead, eye, mouth, mask, whole_mask, headwear = single.tolist()
        return Coverings(forehead, eye, mouth, mask, whole_mask, headwear, (none, reading, sun))


def load_covering_classifier(path: Path = WEIGHTS_PATH) -> CoveringClassifier:
    """The classifier of a file that `tools.train.coverings` wrote.

    Raises:
        InvalidModel: the file is missing or is another.
    """
    try:
        with np.load(path) as kept:
            weights = Weights(
                kept["spread"].astype(np.float32),
                kept["hidden"].astype(np.float32) * kept["hidden_scale"],
                kept["hidden_bias"],
                kept["output"],
                kept["output_bias"],
            )
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise InvalidModel(f"{path} is not usable. Take it from the repository again.") from error
    if weights.hidden.shape[0] != FEATURES or weights.spread.shape != (FEATURES,):
        raise InvalidModel(f"{path} is for other features. Run `python -m tools.train.coverings`.")
    return CoveringClassifier(weights)


def crop(image: Image, points: FivePoints) -> NDArray[np.uint8]:
    """The face with hair and chin, uint8, (SIDE, SIDE, 3), RGB."""
    places = (np.array(TEMPLATE, np.float64) + _MARGIN) * _SCALE
    return aligned_to(image, points, places, SIDE)


def features(face: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The numbers that the network sees of a crop, (FEATURES,)."""
    pixels = face.astype(np.float32) / 255
    cells = SIDE // _CELL
    colours = pixels.reshape(cells, _CELL, cells, _CELL, 3).mean((1, 3))
    colours = (colours - colours.mean()) / (colours.std() + _FLAT_COLOUR)
    grey = np.matmul(pixels, LUMA)
    across, down = np.zeros_like(grey), np.zeros_like(grey)
    across[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    down[1:-1] = grey[2:] - grey[:-2]
    strength = np.hypot(across, down)
    angle = (np.arctan2(down, across) * (_ANGLES / np.pi)) % _ANGLES
    everywhere = (slice(0, SIDE), slice(0, SIDE))
    return np.concatenate(
        [
            colours.ravel(),
            _directions(strength[everywhere], angle[everywhere], _CELL),
            _directions(strength[_EYES], angle[_EYES], _EYE_CELL),
        ]
    ).astype(np.float32)


def _directions(
    strength: NDArray[np.float32], angle: NDArray[np.float32], size: int
) -> NDArray[np.float32]:
    """Histograms of gradients by direction in square cells, evened out by their neighbours'."""
    height, width = strength.shape[0] // size, strength.shape[1] // size
    rows, columns = np.arange(height * size) // size, np.arange(width * size) // size
    cell = (rows[:, None] * width + columns[None]) * _ANGLES
    lower = np.floor(angle)
    share = angle - lower
    first = lower.astype(np.int64) % _ANGLES
    second = (first + 1) % _ANGLES
    length = height * width * _ANGLES
    found = np.bincount((cell + first).ravel(), (strength * (1 - share)).ravel(), length)
    found += np.bincount((cell + second).ravel(), (strength * share).ravel(), length)
    histograms: NDArray[np.float32] = found.reshape(height, width, _ANGLES).astype(np.float32)
    histograms *= np.float32((_CELL / size) ** 2)
    energy = np.pad((histograms**2).sum(2), 1, mode="edge")
    around = sum(energy[i : i + height, j : j + width] for i in range(3) for j in range(3)) / 9
    evened = 2 * histograms / np.sqrt(around + _FLAT_GRADIENT)[..., None]
    return evened.ravel().astype(np.float32)
