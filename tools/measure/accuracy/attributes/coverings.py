"""Accuracy of masks, glasses, hats and occlusion, on people outside of the training set."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shared.domain.face.attributes import Glasses
from shared.vision.analyzer import load_analyzer
from shared.vision.attributes.coverings import HIDDEN_AT, Coverings, load_covering_classifier
from tools.measure.accuracy.table import Table, proportion
from tools.train.coverings.examples import Example, Kind, examples, photographs

FOLD = 5

_EVERY = 3
"""Objects are drawn on every third image: enough for stable figures, in one minute."""

_PARTS = ("forehead hidden", "eye hidden", "mouth hidden", "mask", "whole mask", "headwear")


@dataclass(slots=True)
class _Counts:
    """Counts of present and detected, present, absent and detected, absent."""

    right: int = 0
    there: int = 0
    wrong: int = 0
    absent: int = 0

    def add(self, *, there: bool, seen: bool) -> None:
        """Count one more face."""
        self.there += there
        self.absent += not there
        self.right += there and seen
        self.wrong += seen and not there

    def row(self, what: str, on: str) -> tuple[str, ...]:
        """The share as text; a dash if there are no cases."""
        balanced = "-"
        if self.there and self.absent:
            free = 1 - self.wrong / self.absent
            balanced = f"{50 * (self.right / self.there + free):.1f} %"
        return (
            what,
            on,
            f"{self.there} / {self.absent}",
            proportion(self.right, self.right + self.wrong),
            proportion(self.right, self.there),
            proportion(self.wrong, self.absent),
            balanced,
        )


def measure() -> Table:
    """Precision and recall on images as they are, with labels given by eye, and with drawings."""
    analyzer, classifier = load_analyzer(), load_covering_classifier()
    names = photographs(FOLD)
    drawn_on = set(names[::_EVERY])
    counts: dict[tuple[str, str], _Counts] = {}
    for example in examples(analyzer, names, drawn_on):
        seen = classifier.look(example.image, example.face.points)
        on = "as they are" if example.kind is Kind.NOTHING else "drawn on"
        for what, there, found in _judged(example, seen):
            counts.setdefault((what, on), _Counts()).add(there=there, seen=found)
    return Table(
        f"Masks, glasses, hats and hidden parts, fold {FOLD} of Labeled Faces in the Wild as it is"
        " and drawn on, trained on folds 1 to 3, 95 % intervals",
        ("what", "images", "with / without", "precision", "recall", "false", "balanced"),
        [counts[key].row(*key) for key in sorted(counts)],
    )


def _judged(example: Example, seen: Coverings) -> list[tuple[str, bool, bool]]:
    """For each property of a face: its name, whether it is present, whether it was detected."""
    values = (seen.forehead, seen.eye, seen.mouth, seen.mask, seen.whole_mask, seen.headwear)
    judged = [
        (what, bool(truth), value >= HIDDEN_AT)
        for what, truth, value in zip(_PARTS, example.truths.tolist(), values, strict=True)
        if not math.isnan(truth)
    ]
    if example.glasses is not None:
        found = seen.worn_glasses
        judged.append(
            ("any glasses", example.glasses is not Glasses.NONE, found is not Glasses.NONE)
        )
        judged += [
            (kind.value, example.glasses is kind, found is kind)
            for kind in (Glasses.READING, Glasses.SUN)
        ]
    return judged
