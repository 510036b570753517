"""JSON body of a cohort of enrolled groups: the file that FACE_COHORT names."""

from __future__ import annotations

from shared.api.bodies.wire import Wire


class CohortRatesAnswer(Wire, frozen=True, omit_defaults=False):
    """Errors of verify at confidence 0.5, without a cohort (raw) and with it."""

    rate: float
    others: int
    false_accepts_raw: int
    false_accepts: int
    sames: int
    misses_raw: int
    misses: int


class CohortFaceAnswer(Wire, frozen=True):
    """An enrolled face of a cohort."""

    collection: str
    incarnation: str
    person_id: str
    persisted_face_id: str


class CohortAnswer(Wire, frozen=True, omit_defaults=False):
    """A cohort; it holds ids of enrolled faces, or their embeddings."""

    format: str
    format_version: int
    created: str
    model: str
    precision: str
    same_cosine: float
    dimension: int
    neighbours: int
    allowance: float
    measured: CohortRatesAnswer
    embeddings: str
    enrolled: list[CohortFaceAnswer]
