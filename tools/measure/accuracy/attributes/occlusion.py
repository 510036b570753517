"""Accuracy of masks, glasses, headwear and hidden parts, on images not used for fitting."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shared.domain.face.attributes import Glasses, MaskType
from shared.vision.alignment import SIDE, Edge
from shared.vision.analyzer import FaceAnalyzer, load_analyzer
from shared.vision.attributes.occlusion import (
    LIKELY,
    OcclusionEstimate,
    OcclusionProbes,
    load_occlusion_probes,
)
from shared.vision.images import Image
from tools.measure.accuracy.reference import DATA
from tools.measure.accuracy.table import Table, proportion
from tools.train.occlusion.examples import Example, Kind, lfw_examples, lfw_names, mask_examples

FOLD = 5

_DRAWINGS = 1
"""Number of drawings for each image."""

_FAMILY_STEP = 8
"""Every eighth family crop is measured: about 1,000."""

_PARTS = ("forehead", "eye", "mouth", "mask", "whole mask", "headwear", "any glasses", "sunglasses")


@dataclass(slots=True)
class _Counts:
    """Numbers of faces: with a thing and reported, with it, without it but reported, without it."""

    right: int = 0
    there: int = 0
    wrong: int = 0
    absent: int = 0

    def add(self, *, there: bool, found: bool) -> None:
        """One more face."""
        self.there += there
        self.absent += not there
        self.right += there and found
        self.wrong += found and not there

    def row(self, what: str, on: str) -> tuple[str, ...]:
        """The table's row; a dash where there is no case."""
        balanced = "-"
        if self.there and self.absent:
            free = 1 - self.wrong / self.absent
            balanced = f"{50 * (self.right / self.there + free):.1f} %"
        return (
            what,
            on,
            f"{self.there} / {self.absent}",
            proportion(self.right, self.there),
            proportion(self.wrong, self.absent),
            balanced,
        )


def measure() -> Table:
    """Recall and false reports of the service, by labels and by drawing."""
    analyzer, probes = load_analyzer(), load_occlusion_probes()
    counts: dict[tuple[str, str], _Counts] = {}
    for on, example in _examples(analyzer):
        face = analyzer.aligned(example.image, example.face, Edge.REPLICATED)
        for what, there, found in _judged(example, probes.estimate(analyzer.bands(face))):
            counts.setdefault((what, on), _Counts()).add(there=there, found=found)
    return Table(
        f"Masks, glasses, headwear and hidden parts: fold {FOLD} of Labeled Faces in the Wild (by"
        " labels given by eye), the fifth of the mask set that was not fitted, both also with"
        " things drawn on them; 95 % intervals",
        ("what", "images", "with / without", "recall", "false", "balanced"),
        [counts[key].row(*key) for key in sorted(counts)],
    )


def families() -> Table:
    """Reports on family images, which contain almost no masks."""
    analyzer, probes = load_analyzer(), load_occlusion_probes()
    paths = sorted((DATA / "families").rglob("*.jpg"))[::_FAMILY_STEP]
    masks = hidden = 0
    for path in paths:
        # The crops are aligned already, 112 by 112 pixels.
        found = _estimate(analyzer, probes, analyzer.decode(path.read_bytes()))
        masks += found.worn_mask.type is MaskType.MASK
        hidden += found.occlusion.mouth
    return Table(
        "Families in the Wild, none of which was fitted: faces with a mask reported, and with the"
        " mouth reported as hidden; they have no labels, masks are rare; 95 % intervals",
        ("faces", "faceMask", "mouthOccluded"),
        [(len(paths), proportion(masks, len(paths)), proportion(hidden, len(paths)))],
    )


def _estimate(analyzer: FaceAnalyzer, probes: OcclusionProbes, crop: Image) -> OcclusionEstimate:
    if (crop.height, crop.width) != (SIDE, SIDE):
        raise ValueError(f"A family crop is {SIDE} by {SIDE} pixels.")
    return probes.estimate(analyzer.bands(np.ascontiguousarray(crop.pixels)))


def _examples(analyzer: FaceAnalyzer) -> Iterator[tuple[str, Example]]:
    for example in lfw_examples(analyzer, lfw_names(FOLD), _DRAWINGS):
        yield ("LFW" if example.kind is Kind.NOTHING else "LFW, drawn on"), example
    for example in mask_examples(analyzer, held_out=True, drawings=_DRAWINGS):
        yield ("mask set" if example.kind is Kind.NOTHING else "mask set, drawn on"), example


def _judged(example: Example, found: OcclusionEstimate) -> list[tuple[str, bool, bool]]:
    """For each known truth of a face: its name, whether it applies, whether it was reported."""
    hidden, glasses = found.occlusion, found.worn_glasses
    reported = (
        hidden.forehead,
        hidden.eye,
        hidden.mouth,
        found.worn_mask.type is MaskType.MASK,
        found.nose_and_mouth >= LIKELY,
        found.headwear >= LIKELY,
        glasses is not Glasses.NONE,
        glasses is Glasses.SUN,
    )
    return [
        (what, bool(truth), value)
        for what, truth, value in zip(_PARTS, example.truths.tolist(), reported, strict=True)
        if not math.isnan(truth)
    ]
