"""A cohort of enrolled groups."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api.bodies.lineament.cohort import CohortAnswer
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.cohorts import cohort_answer
from shared.api.resources.lineament import parameters as own
from shared.api.versions import LINEAMENT
from shared.composition.container import root

routes = Routes(LINEAMENT)


@routes.operation(
    "GET",
    "cohort",
    summary="Make a cohort of groups for FACE_COHORT: ids of their faces, or embeddings.",
    query=(own.COLLECTIONS, own.EMBEDDINGS),
    answers=CohortAnswer,
)
def make_cohort(call: Call) -> Answer:
    """Make a cohort of groups."""
    return cohort_answer(call, root().vision.cohort_making)
