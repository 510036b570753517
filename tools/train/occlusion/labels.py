"""What people wear on the photographs of Labeled Faces in the Wild, told by eye."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from shared.domain.face.attributes import Glasses

LABELS_PATH = Path(__file__).with_name("labels.csv")
"""Only photographs with something to tell are listed; the others show neither glasses nor hat.

Folds 1 and 5 were looked at one by one. In folds 2 to 4 those photographs were looked at that an
early classifier put first, and the rest of them is taken to show nothing. What could not be told
is marked unknown and neither taught nor counted. In fold 5 headwear that leaves the forehead free
is marked open.
"""

_GLASSES = {"no": Glasses.NONE, "reading": Glasses.READING, "sun": Glasses.SUN, "unknown": None}
_HEADWEAR = {"no": False, "yes": True, "open": True, "unknown": None}


@dataclass(frozen=True, slots=True)
class Worn:
    """What a person wears, None where that cannot be told; and whether the forehead is free."""

    glasses: Glasses | None
    headwear: bool | None
    forehead_free: bool = False


NOTHING = Worn(Glasses.NONE, headwear=False)


def labels() -> dict[str, Worn]:
    """What is worn on each listed photograph, by its file name."""
    with LABELS_PATH.open(encoding="utf-8", newline="") as table:
        return {
            row["image"]: Worn(
                _GLASSES[row["glasses"]], _HEADWEAR[row["headwear"]], row["headwear"] == "open"
            )
            for row in csv.DictReader(table)
        }
