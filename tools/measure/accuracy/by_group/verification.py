"""False matches and misses of verify by group of people, without and with a cohort of families.

Each half of the families is verified with a cohort of the other half; all of LFW is verified with
the cohort of the first half.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.measure.accuracy.by_group.cohorts import PEOPLE, HalfCohort, cohorts_of, errors_of
from tools.measure.accuracy.embeddings import FOLDS, faces
from tools.measure.accuracy.family_crops import family_faces
from tools.measure.accuracy.galleries import Faces
from tools.measure.accuracy.identification import CROWDED, crowdedness, lfw_faces
from tools.measure.accuracy.reference import lfw_genders
from tools.measure.accuracy.table import Table, proportion


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A group of images.

    Attributes:
        among: for each image of the set, whether it belongs to the group.
    """

    name: str
    known: Faces
    among: NDArray[np.bool_]


def measure() -> Table:
    """Rates at confidence 0.5 of pairs whose images are both in the group."""
    families = family_faces()
    crowded = crowdedness(families) >= CROWDED
    cohorts = cohorts_of(families)
    groups = [
        *_genders(),
        Group("families, crowded faces", families, crowded),
        Group("families, other faces", families, ~crowded),
        Group("families, all", families, np.ones(len(crowded), np.bool_)),
    ]
    rows = []
    for group in groups:
        judges = cohorts if group.known is families else cohorts[:1]
        counts = np.sum([_counts(group, one, families) for one in judges], axis=0)
        others, raw, now, sames, missed_raw, missed = (int(one) for one in counts)
        rows.append(
            (
                group.name,
                proportion(raw, others),
                proportion(now, others),
                proportion(missed_raw, sames),
                proportion(missed, sames),
            )
        )
    return Table(
        f"Verification at confidence 0.5, as it is and with a cohort of {PEOPLE} people of other"
        f" families; crowded: a mean cosine of {CROWDED} or more with the nearest ten of other"
        " persons, as small children have (the set has no labels of age)",
        ("pairs within", "false matches", "with a cohort", "misses", "with a cohort"),
        rows,
    )


def _genders() -> list[Group]:
    known = faces()
    rows = known.of(*FOLDS)
    names = {row: name for name, row in known.rows.items()}
    genders = lfw_genders()
    gender = np.array([genders.get(names[int(row)], "") for row in rows])
    return [
        Group("LFW, women", lfw_faces(), gender == "female"),
        Group("LFW, men", lfw_faces(), gender == "male"),
    ]


def _counts(group: Group, cohort: HalfCohort, families: Faces) -> NDArray[np.int64]:
    """The counts of ``errors_of`` for the group's images of people not in the cohort's half."""
    among = group.among & ~cohort.half if group.known is families else group.among
    return errors_of(cohort.made, group.known.some(among))
