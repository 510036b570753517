"""False matches and misses of verify by group of people, as it is and with a cohort of families.

One half of the families is judged with a cohort of the other, and the halves take turns; all of LFW
is judged with the first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.gallery.normalisation.crowding import crowding, subtracted
from tools.measure.accuracy.by_group.cohorts import PEOPLE, MadeCohort, cohorts_of
from tools.measure.accuracy.embeddings import FOLDS, faces
from tools.measure.accuracy.family_crops import family_faces
from tools.measure.accuracy.galleries import Faces
from tools.measure.accuracy.identification import CROWDED, crowdedness, lfw_faces
from tools.measure.accuracy.reference import lfw_genders
from tools.measure.accuracy.table import Table, proportion
from tools.measure.accuracy.verification import service_curve

_BLOCK = 512
"""Images compared with all others at a time, to limit memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Images that are judged.

    Attributes:
        among: of each image of the set, whether it is one of them.
    """

    name: str
    known: Faces
    among: NDArray[np.bool_]


def measure() -> Table:
    """Rates at confidence 0.5, of pairs of which both images are of the group."""
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


def _counts(group: Group, cohort: MadeCohort, families: Faces) -> NDArray[np.int64]:
    """Pairs of two persons, those accepted raw and with the cohort; of one, those missed."""
    among = group.among & ~cohort.half if group.known is families else group.among
    vectors, people = group.known.vectors[among], group.known.people[among]
    rule = cohort.fitted.rule
    values = crowding(vectors, cohort.vectors, rule.neighbours)
    same_cosine = service_curve().cosine(0.5)
    counts = np.zeros(6, np.int64)
    for begin in range(0, len(vectors), _BLOCK):
        part = slice(begin, begin + _BLOCK)
        cosines = vectors[part] @ vectors.T
        scores = cosines - subtracted(values[part], values, rule.allowance)
        later = np.arange(len(vectors))[part, None] < np.arange(len(vectors))[None]
        alike = people[part, None] == people[None]
        other, same = later & ~alike, later & alike
        raw, now = cosines >= same_cosine, scores >= same_cosine
        found = (other, other & raw, other & now, same, same & ~raw, same & ~now)
        counts += np.array([np.count_nonzero(one) for one in found])
    return counts
