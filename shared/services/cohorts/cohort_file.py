"""The file of a cohort: JSON, written by the commands `cohort` and named by FACE_COHORT.

It contains either embeddings of the operator's images, or ids of enrolled faces. The embeddings of
enrolled faces are read from the store, so that no copy outlives a deletion.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

import msgspec
import numpy as np
from numpy.typing import NDArray

from shared.domain.collections import LARGE_PERSON_GROUP, PERSON_GROUP, CollectionKey
from shared.domain.errors import InvalidCohort
from shared.gallery.normalisation.crowding import CrowdingRule
from shared.services.cohorts.document import (
    CohortDocument,
    CohortFaceDocument,
    CohortRatesDocument,
)

_VERSION = 1
_KINDS = {kind.segment: kind for kind in (PERSON_GROUP, LARGE_PERSON_GROUP)}


@dataclass(frozen=True, slots=True)
class CohortStamp:
    """The model and arithmetic that a cohort was made for, and may be used with.

    Attributes:
        model: the embedding model.
        precision: ``float32`` or ``int8``, the arithmetic that made the embeddings.
        same_cosine: the cosine of confidence 0.5 in verify.
    """

    model: str
    precision: str
    same_cosine: float


@dataclass(frozen=True, slots=True)
class CohortRates:
    """Errors at confidence 0.5, counted on people that neither cohort nor rule were made of.

    Each half of the people is judged with a cohort of the other half.

    Attributes:
        rate: the false-accept rate that the rule was fitted to.
        others, sames: pairs of two persons, and of one.
        false_accepts_raw, misses_raw: errors without a cohort.
        false_accepts, misses: with it.
    """

    rate: float
    others: int
    false_accepts_raw: int
    false_accepts: int
    sames: int
    misses_raw: int
    misses: int


@dataclass(frozen=True, slots=True)
class EnrolledFace:
    """A face of the cohort that is enrolled in a group.

    Attributes:
        incarnation: of the group when the cohort was made.
    """

    collection: CollectionKey
    incarnation: str
    person_id: str
    persisted_face_id: str


@dataclass(frozen=True, slots=True, eq=False)
class CohortFile:
    """The content of a cohort's file: one face per person.

    Attributes:
        created: when it was made.
        vectors: float32, (faces, dimension), unit rows, of the operator's images; or none.
        enrolled: faces of groups; or none.
    """

    stamp: CohortStamp
    rule: CrowdingRule
    rates: CohortRates
    created: datetime
    vectors: NDArray[np.float32]
    enrolled: tuple[EnrolledFace, ...] = ()


def encode_cohort(cohort: CohortFile) -> bytes:
    """The content of a file."""
    return msgspec.json.format(
        msgspec.json.encode(
            CohortDocument(
                format="lineament-cohort",
                format_version=_VERSION,
                created=cohort.created,
                model=cohort.stamp.model,
                precision=cohort.stamp.precision,
                same_cosine=cohort.stamp.same_cosine,
                dimension=cohort.vectors.shape[1],
                neighbours=cohort.rule.neighbours,
                allowance=cohort.rule.allowance,
                measured=msgspec.convert(cohort.rates, CohortRatesDocument, from_attributes=True),
                embeddings=base64.b64encode(cohort.vectors.astype("<f4").tobytes()).decode(),
                enrolled=[_enrolled_body(one) for one in cohort.enrolled],
            )
        ),
        indent=1,
    )


def decode_cohort(content: bytes, name: str) -> CohortFile:
    """A cohort from a file's content.

    Args:
        name: the file, for the message.

    Raises:
        InvalidCohort: the content is not a cohort, or has another version of the format.
    """
    try:
        body = msgspec.json.decode(content, type=CohortDocument)
        if body.format_version != _VERSION:
            raise InvalidCohort(
                f"FACE_COHORT: {name} has version {body.format_version} of the format, not"
                f" {_VERSION}. Make it again."
            )
        return _cohort(body)
    except (msgspec.MsgspecError, ValueError, LookupError) as error:
        raise InvalidCohort(f"FACE_COHORT: {name} is not a file of the cohort command.") from error


def _cohort(body: CohortDocument) -> CohortFile:
    numbers = np.frombuffer(base64.b64decode(body.embeddings, validate=True), "<f4")
    return CohortFile(
        CohortStamp(body.model, body.precision, body.same_cosine),
        CrowdingRule(body.neighbours, body.allowance),
        CohortRates(**msgspec.structs.asdict(body.measured)),
        body.created,
        numbers.astype(np.float32).reshape(-1, body.dimension),
        tuple(_enrolled(one) for one in body.enrolled),
    )


def _enrolled_body(face: EnrolledFace) -> CohortFaceDocument:
    return CohortFaceDocument(
        collection=f"{face.collection.kind.segment}/{face.collection.collection_id}",
        incarnation=face.incarnation,
        person_id=face.person_id,
        persisted_face_id=face.persisted_face_id,
    )


def _enrolled(body: CohortFaceDocument) -> EnrolledFace:
    segment, _, collection_id = body.collection.partition("/")
    key = CollectionKey(_KINDS[segment], collection_id)
    return EnrolledFace(key, body.incarnation, body.person_id, body.persisted_face_id)
