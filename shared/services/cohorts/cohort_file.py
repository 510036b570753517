"""The file of a cohort: JSON, made by the commands `cohort`, named by FACE_COHORT.

It holds either embeddings, of the operator's images, or the ids of enrolled faces, whose embeddings
are read where they are stored: so no copy outlives a deletion.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from shared.domain.collections import LARGE_PERSON_GROUP, PERSON_GROUP, CollectionKey
from shared.domain.errors import InvalidCohort
from shared.gallery.normalisation.crowding import CrowdingRule

_VERSION = 1
_KINDS = {kind.segment: kind for kind in (PERSON_GROUP, LARGE_PERSON_GROUP)}


@dataclass(frozen=True, slots=True)
class CohortStamp:
    """What a cohort was made for; it serves nothing else.

    Attributes:
        model: the embedding model.
        precision: ``float32`` or ``int8``, of the arithmetic that embedded.
        same_cosine: the cosine of confidence 0.5 in verify.
    """

    model: str
    precision: str
    same_cosine: float


@dataclass(frozen=True, slots=True)
class CohortRates:
    """Errors at confidence 0.5, counted on people that neither the cohort nor the rule was made of:
    each half of the people was judged by a cohort of the other half.

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
    """A cohort as it is kept: one face a person.

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


class _Enrolled(msgspec.Struct, rename="camel"):
    collection: str
    incarnation: str
    person_id: str
    persisted_face_id: str


class _Rates(msgspec.Struct, rename="camel"):
    rate: float
    others: int
    false_accepts_raw: int
    false_accepts: int
    sames: int
    misses_raw: int
    misses: int


class _Body(msgspec.Struct, rename="camel"):
    format: Literal["lineament-cohort"]
    format_version: int
    created: datetime
    model: str
    precision: str
    same_cosine: float
    dimension: int
    neighbours: int
    allowance: float
    measured: _Rates
    embeddings: str
    enrolled: list[_Enrolled]


def encode_cohort(cohort: CohortFile) -> bytes:
    """The content of a file."""
    return msgspec.json.format(
        msgspec.json.encode(
            _Body(
                format="lineament-cohort",
                format_version=_VERSION,
                created=cohort.created,
                model=cohort.stamp.model,
                precision=cohort.stamp.precision,
                same_cosine=cohort.stamp.same_cosine,
                dimension=cohort.vectors.shape[1],
                neighbours=cohort.rule.neighbours,
                allowance=cohort.rule.allowance,
                measured=msgspec.convert(cohort.rates, _Rates, from_attributes=True),
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
        InvalidCohort: the content is no cohort, or one of another version of the format.
    """
    try:
        body = msgspec.json.decode(content, type=_Body)
        if body.format_version != _VERSION:
            raise InvalidCohort(
                f"FACE_COHORT: {name} has version {body.format_version} of the format, not"
                f" {_VERSION}. Make it again."
            )
        return _cohort(body)
    except (msgspec.MsgspecError, ValueError, LookupError) as error:
        raise InvalidCohort(f"FACE_COHORT: {name} is not a file of the cohort command.") from error


def _cohort(body: _Body) -> CohortFile:
    numbers = np.frombuffer(base64.b64decode(body.embeddings, validate=True), "<f4")
    rates = body.measured
    return CohortFile(
        CohortStamp(body.model, body.precision, body.same_cosine),
        CrowdingRule(body.neighbours, body.allowance),
        CohortRates(
            rates.rate,
            rates.others,
            rates.false_accepts_raw,
            rates.false_accepts,
            rates.sames,
            rates.misses_raw,
            rates.misses,
        ),
        body.created,
        numbers.astype(np.float32).reshape(-1, body.dimension),
        tuple(_enrolled(one) for one in body.enrolled),
    )


def _enrolled_body(face: EnrolledFace) -> _Enrolled:
    return _Enrolled(
        collection=f"{face.collection.kind.segment}/{face.collection.collection_id}",
        incarnation=face.incarnation,
        person_id=face.person_id,
        persisted_face_id=face.persisted_face_id,
    )


def _enrolled(body: _Enrolled) -> EnrolledFace:
    segment, _, collection_id = body.collection.partition("/")
    key = CollectionKey(_KINDS[segment], collection_id)
    return EnrolledFace(key, body.incarnation, body.person_id, body.persisted_face_id)
