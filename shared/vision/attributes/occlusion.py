"""What covers a face: masks, glasses, headwear, and hidden forehead, eyes or mouth.

Linear probes on the recognition model's own feature maps: SFace recognises faces in spite of
these, so its maps distinguish them. Where an embedding is computed anyway, the probes cost
one product of some 5,000 numbers by 8.

The weights, `occlusion.npz` beside this module, are fitted by `python -m tools.train.occlusion` on
folds 1 to 3 of Labeled Faces in the Wild, which is for research use, with the labels in
tools/train/occlusion/labels.csv; on images of the GitHub repository chandrikadeb7/Face-Mask-
Detection, whose repository is MIT and whose images its authors collected from the web; and on both
with objects drawn on them. No image is in this repository. The weights themselves are under this
project's licence; operators who may not use weights fitted to research data fit their own. `python
-m tools.measure.accuracy attributes` prints how well they do.
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
    Occlusion,
)

WEIGHTS_PATH = Path(__file__).with_name("occlusion.npz")

PROBES = (
    "forehead",
    "eye",
    "mouth",
    "mask",
    "nose_and_mouth",
    "headwear",
    "glasses",
    "sunglasses",
)
"""The probes, in the order of the weights."""

LIKELY = 0.5
"""Probability from which something is reported."""

UNCERTAIN_MASK = (0.35, 0.5)
"""Probabilities of a mask between which it is reported as uncertain: of 555 images that cross-
validation left out of the fit, 1.1 % of the masked and 1.7 % of the bare faces lie there."""


@dataclass(frozen=True, slots=True)
class OcclusionEstimate:
    """The probability that each of these covers a face, 0 to 1.

    Attributes:
        forehead: something hides the forehead.
        eye: something hides an eye, sunglasses included.
        mouth: something hides the mouth.
        mask: a mask is worn.
        nose_and_mouth: it covers both nose and mouth, given that a mask is worn.
        headwear: a hat, cap, helmet or cloth is worn.
        glasses: glasses of any kind are worn.
        sunglasses: they are sunglasses.
    """

    forehead: float
    eye: float
    mouth: float
    mask: float
    nose_and_mouth: float
    headwear: float
    glasses: float
    sunglasses: float

    @property
    def worn_glasses(self) -> Glasses:
        """Sunglasses if these are likely; otherwise whether any glasses are."""
        if self.sunglasses >= LIKELY:
            return Glasses.SUN
        return Glasses.READING if self.glasses >= LIKELY else Glasses.NONE

    @property
    def worn_mask(self) -> Mask:
        """A mask, something else over the mouth, none, or uncertain near the boundary."""
        least, most = UNCERTAIN_MASK
        if self.mask >= most:
            return Mask(MaskType.MASK, nose_and_mouth_covered=self.nose_and_mouth >= LIKELY)
        if self.mask >= least:
            return Mask(MaskType.UNCERTAIN, nose_and_mouth_covered=False)
        other = self.mouth >= LIKELY
        return Mask(MaskType.OTHER if other else MaskType.NONE, nose_and_mouth_covered=False)

    @property
    def occlusion(self) -> Occlusion:
        """The hidden parts. A mask hides the mouth, sunglasses hide the eyes."""
        return Occlusion(
            forehead=self.forehead >= LIKELY,
            eye=max(self.eye, self.sunglasses) >= LIKELY,
            mouth=self.mouth >= LIKELY or self.mask >= UNCERTAIN_MASK[1],
        )

    @property
    def accessories(self) -> tuple[Accessory, ...]:
        """What is worn, each with its probability."""
        likely = (
            (AccessoryType.HEADWEAR, self.headwear, LIKELY),
            (AccessoryType.GLASSES, max(self.glasses, self.sunglasses), LIKELY),
            (AccessoryType.MASK, self.mask, UNCERTAIN_MASK[1]),
        )
        return tuple(Accessory(kind, share) for kind, share, least in likely if share >= least)


@dataclass(frozen=True, slots=True, eq=False)
class OcclusionProbes:
    """One logistic regression for each of PROBES. Safe to use from several threads.

    Attributes:
        weights: float32, (n, 8), for n bands of feature maps.
        bias: float32, (8,).
        model: the recognition model whose feature maps the probes read.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    model: str

    def estimate(self, bands: NDArray[np.float32]) -> OcclusionEstimate:
        """What covers a face.

        Args:
            bands: float32, (n,), of an aligned crop with replicated edges; see FaceFeatures.

        Raises:
            InvalidModel: the recognition model returns another number of bands.
        """
        if bands.shape != self.weights.shape[:1]:
            raise InvalidModel(
                f"The probes read {len(self.weights)} bands, the model gives {bands.size}."
                " Build the models again with `make models`."
            )
        logits = (bands @ self.weights + self.bias).astype(np.float64)
        return OcclusionEstimate(*(1 / (1 + np.exp(-logits))).tolist())


def load_occlusion_probes(path: Path = WEIGHTS_PATH) -> OcclusionProbes:
    """The probes of a file that `tools.train.occlusion` wrote.

    Raises:
        InvalidModel: the file is missing, or is another file.
    """
    try:
        with np.load(path) as stored:
            probes = OcclusionProbes(
                stored["weights"].astype(np.float32),
                stored["bias"].astype(np.float32),
                str(stored["model"]),
            )
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise InvalidModel(f"{path} is not usable. Take it from the repository again.") from error
    if probes.weights.ndim != 2 or probes.weights.shape[1:] != probes.bias.shape:
        raise InvalidModel(f"{path} holds weights of another shape than its bias.")
    return probes
