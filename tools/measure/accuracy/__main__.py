"""`make accuracy`: prints the accuracy tables, or only those that are named."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from tools.measure.accuracy import (
    calibration,
    family,
    identification,
    verification,
)
from tools.measure.accuracy.attributes import (
    group_images,
    head_pose,
    image_quality,
    landmarks,
    occlusion,
    recognition_quality,
    second_look,
)
from tools.measure.accuracy.by_group import halves, small_galleries
from tools.measure.accuracy.by_group import verification as by_group_verification
from tools.measure.accuracy.discovery import duplicates, unknown_people, unlike_faces
from tools.measure.accuracy.ranking import fit, lengths, one_in_hundred, relatives, vector_index
from tools.measure.accuracy.reference import DATA
from tools.measure.accuracy.table import Table
from tools.reference_data import WITHOUT_DATA

MEASUREMENTS: Mapping[str, Callable[[], Table]] = {
    "groups": group_images.measure,
    "landmarks": landmarks.measure,
    "head-pose": head_pose.measure,
    "image-quality": image_quality.measure,
    "second-look": second_look.measure,
    "occlusion": occlusion.measure,
    "family-occlusion": occlusion.families,
    "recognition-quality": recognition_quality.measure,
    "accuracy": verification.accuracy,
    "calibration": calibration.check,
    "operating-points": verification.operating_points,
    "verification-groups": by_group_verification.measure,
    "cohort-halves": halves.measure,
    "small-galleries": small_galleries.measure,
    "identification": identification.by_size,
    "identification-fit": fit.measure,
    "lengths": lengths.measure,
    "one-in-hundred": one_in_hundred.measure,
    "relatives": relatives.measure,
    "thresholds": identification.by_confidence,
    "several-faces": identification.several_faces,
    "identification-groups": identification.by_group,
    "margins": identification.margins,
    "vector-index": vector_index.measure,
    "family": family.measure,
    "duplicates": duplicates.duplicates,
    "mixed-persons": duplicates.mixed_persons,
    "unlike-faces": unlike_faces.measure,
    "unknowns": unknown_people.purity,
    "unknowns-cost": unknown_people.cost,
}


def main(names: Sequence[str]) -> int:
    """Print the tables.

    Returns:
        The exit code.
    """
    unknown = set(names) - set(MEASUREMENTS)
    if unknown:
        print(
            f"There is no measurement {', '.join(sorted(unknown))}. There are:"
            f" {', '.join(MEASUREMENTS)}.",
            file=sys.stderr,
        )
        return 2
    if not DATA.is_dir():
        print(f"{DATA} is not a folder; {WITHOUT_DATA}.", file=sys.stderr)
        return 1
    for name in names or MEASUREMENTS:
        print(f"measuring {name}", file=sys.stderr)
        print(f"{MEASUREMENTS[name]()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
