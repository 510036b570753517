"""Manual labels: what people wear on the images that fit and evaluate the probes."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from shared.domain.face.attributes import Glasses

LFW_LABELS = Path(__file__).with_name("labels.csv")
"""Images of Labeled Faces in the Wild on which something is worn; the others show neither glasses
nor headwear.

In folds 1 and 5 every image was checked; in folds 2 to 4, the images that an early classifier
ranked highest. Unclear cases are marked unknown, and neither fitted nor counted. In fold 5,
headwear that leaves the forehead free is marked open.
"""

MASK_SET_LABELS = Path(__file__).with_name("mask_labels.csv")
"""The same for the mask set's images without a mask, all of which were checked once as small crops.
If a hand, a cup or cloth covers the mouth after all, the mouth is marked unknown.
"""

_GLASSES = {"no": Glasses.NONE, "reading": Glasses.READING, "sun": Glasses.SUN, "unknown": None}
_HEADWEAR = {"no": False, "yes": True, "open": True, "unknown": None}


@dataclass(frozen=True, slots=True)
class Worn:
    """What a person wears; None where it is unclear.

    Attributes:
        glasses: the kind.
        headwear: whether a hat, cap, helmet or cloth is worn.
        forehead_free: whether headwear leaves the forehead free.
        mouth_free: whether nothing covers the mouth.
    """

    glasses: Glasses | None
    headwear: bool | None
    forehead_free: bool = False
    mouth_free: bool = True


NOTHING = Worn(Glasses.NONE, headwear=False)


def labels(path: Path) -> dict[str, Worn]:
    """What is worn on each listed image, by its file name."""
    with path.open(encoding="utf-8", newline="") as table:
        return {
            row["image"]: Worn(
                _GLASSES[row["glasses"]],
                _HEADWEAR[row["headwear"]],
                row["headwear"] == "open",
                row.get("mouth", "no") == "no",
            )
            for row in csv.DictReader(table)
        }
