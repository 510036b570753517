"""The JSON document of a cohort: the content of its file, and of the service's response."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec


class CohortFaceDocument(msgspec.Struct, frozen=True, rename="camel"):
    """An enrolled face of a cohort."""

    collection: str
    incarnation: str
    person_id: str
    persisted_face_id: str


class CohortRatesDocument(msgspec.Struct, frozen=True, rename="camel"):
    """Errors of verify at confidence 0.5, without a cohort (raw) and with it."""

    rate: float
    others: int
    false_accepts_raw: int
    false_accepts: int
    sames: int
    misses_raw: int
    misses: int


class CohortDocument(msgspec.Struct, frozen=True, rename="camel"):
    """A cohort; it contains ids of enrolled faces, or embeddings: base64 of float32 rows."""

    format: Literal["lineament-cohort"]
    format_version: int
    created: datetime
    model: str
    precision: str
    same_cosine: float
    dimension: int
    neighbours: int
    allowance: float
    measured: CohortRatesDocument
    embeddings: str
    enrolled: list[CohortFaceDocument]
