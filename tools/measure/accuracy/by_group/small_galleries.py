"""Identification among few persons, without and with a cohort of other families."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.domain.values import Embedding
from shared.gallery.search.vector_index import GallerySize, PersonMatch
from shared.services.cohorts.operator_cohort import OperatorCohort
from shared.services.cohorts.small_galleries import SmallGalleries
from tools.measure.accuracy.by_group.cohorts import MadeCohort, cohorts_of
from tools.measure.accuracy.family_crops import family_faces
from tools.measure.accuracy.galleries import MODEL, Faces, Gallery, draws
from tools.measure.accuracy.identification import lfw_faces
from tools.measure.accuracy.table import Table, proportion

_SIZES = ((1, 20), (10, 12), (20, 8), (50, 4), (100, 2))
"""Numbers of persons and of galleries drawn."""


def measure() -> Table:
    """Rates at the default threshold, with one image per person."""
    families = family_faces()
    cohort = cohorts_of(families)[0]
    others = families.some(~cohort.half)
    rows: list[Sequence[str | int | float | None]] = [
        (name, size, *_rates(known, cohort.made, size, times))
        for name, known in (("families", others), ("LFW", lfw_faces()))
        for size, times in _SIZES
    ]
    return Table(
        "Identification among few people at the default threshold, as it is and with a cohort of"
        " 300 people of other families, percent",
        ("set", "people", "strangers", "right", "strangers, cohort", "right, cohort"),
        rows,
    )


def _rates(known: Faces, cohort: MadeCohort, size: int, times: int) -> list[str]:
    """Strangers named and members named right, without and with the cohort."""
    made = SmallGalleries(
        {MODEL: OperatorCohort(cohort.fitted.rule, lambda: cohort.vectors, digest="measured")}
    )
    counts = np.zeros((2, 4), np.int64)
    for draw in draws(known, size, times=times):
        gallery = Gallery(known, draw)
        for row, small in enumerate((SmallGalleries({}), made)):
            strangers = _named(known, gallery, small, draw.strangers)
            members = _named(known, gallery, small, draw.members)
            right = sum(
                one == person
                for one, person in zip(members, known.people[draw.members], strict=True)
            )
            named = sum(one is not None for one in strangers)
            counts[row] += (named, len(strangers), right, len(members))
    return [
        proportion(int(part), int(whole)) for one in counts for part, whole in (one[:2], one[2:])
    ]


def _named(
    known: Faces, gallery: Gallery, small: SmallGalleries, probes: NDArray[np.int64]
) -> list[int | None]:
    """The person that each probe is named as, or None."""
    scale, size = gallery.scale(), GallerySize(gallery.rows.living, normalised=True)
    count = small.count(MODEL, size, 1)
    found = gallery.nearest(probes, count=count, least=scale.least_subtracted)
    embeddings = [Embedding(known.vectors[probe], MODEL) for probe in probes]
    if not embeddings:
        return []
    ranked: Sequence[Sequence[PersonMatch]] = small.corrected(size, embeddings, found, 1)
    chosen = [scale.candidates(some[:1], of_default=True) for some in ranked]
    return [
        gallery.person_of(one[0].person_id) if one and one[0].confidence >= scale.default else None
        for one in chosen
    ]
