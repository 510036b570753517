"""JSON body of a cohort of enrolled groups: the file that FACE_COHORT names."""

from __future__ import annotations

from shared.api.bodies.wire import Wire
from shared.services.cohorts.document import CohortDocument


class CohortAnswer(CohortDocument, Wire, frozen=True, omit_defaults=False):
    """A cohort; it holds ids of enrolled faces, or their embeddings."""
