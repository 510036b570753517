"""The file of a cohort: read as it was written, and refused where it does not fit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from shared.domain.collections import LARGE_PERSON_GROUP, CollectionKey
from shared.domain.errors import InvalidCohort
from shared.gallery.normalisation.crowding import CrowdingRule
from shared.services.cohorts.cohort_file import (
    CohortFile,
    CohortRates,
    CohortStamp,
    EnrolledFace,
    decode_cohort,
    encode_cohort,
)
from shared.services.cohorts.operator_cohort import OperatorCohort, check_stamp
from tests.unit.gallery.made_up_faces import unit

STAMP = CohortStamp("sface", "float32", 0.388)


def made() -> CohortFile:
    vectors = unit(np.random.default_rng(1).standard_normal((5, 8), dtype=np.float32))
    key = CollectionKey(LARGE_PERSON_GROUP, "staff")
    return CohortFile(
        STAMP,
        CrowdingRule(10, 0.3),
        CohortRates(5e-4, 100, 9, 1, 50, 2, 3),
        datetime(2026, 11, 26, 12, tzinfo=UTC),
        vectors,
        (EnrolledFace(key, "incarnation", "person", "face"),),
    )


def test_a_cohort_is_read_as_it_was_written() -> None:
    cohort = made()
    found = decode_cohort(encode_cohort(cohort), "cohort.json")
    assert (found.stamp, found.rule, found.rates) == (cohort.stamp, cohort.rule, cohort.rates)
    assert (found.created, found.enrolled) == (cohort.created, cohort.enrolled)
    np.testing.assert_array_equal(found.vectors, cohort.vectors)


def test_a_cohort_without_embeddings_keeps_their_dimension() -> None:
    found = decode_cohort(encode_cohort(replace(made(), vectors=np.empty((0, 8), np.float32))), "c")
    assert found.vectors.shape == (0, 8)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"\x00\xff", b"[1]", encode_cohort(made())[:-40]],
    ids=["empty", "another object", "binary", "a list", "cut off"],
)
def test_another_file_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(InvalidCohort, match=r"FACE_COHORT: blob:a/b is not a file of the cohort"):
        decode_cohort(content, "blob:a/b")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("embeddings", "AAAA"),
        ("embeddings", "?"),
        ("dimension", 7),
        ("enrolled", [{"collection": "facelists/x"}]),
        ("format", "lineament-archive"),
    ],
)
def test_a_damaged_file_is_refused(member: str, value: object) -> None:
    body = json.loads(encode_cohort(made()))
    body[member] = value
    with pytest.raises(InvalidCohort, match="is not a file"):
        decode_cohort(json.dumps(body).encode(), "cohort.json")


def test_a_later_format_is_refused_with_its_number() -> None:
    body = {**json.loads(encode_cohort(made())), "formatVersion": 2}
    with pytest.raises(InvalidCohort, match=r"version 2 of the format, not 1\. Make it again"):
        decode_cohort(json.dumps(body).encode(), "cohort.json")


@pytest.mark.parametrize(
    ("service", "complaint"),
    [
        (CohortStamp("own-1", "float32", 0.388), "for the model sface, .* it runs own-1"),
        (CohortStamp("sface", "int8", 0.388), "in float32, and this service computes in int8"),
        (CohortStamp("sface", "float32", 0.3), "cosine 0.388; now it stands for 0.3"),
    ],
)
def test_a_cohort_for_something_else_is_refused(service: CohortStamp, complaint: str) -> None:
    with pytest.raises(InvalidCohort, match=complaint):
        check_stamp(made(), "cohort.json", {service.model: service})
    check_stamp(made(), "cohort.json", {STAMP.model: STAMP})


def test_a_cohort_of_one_person_left_changes_nothing() -> None:
    vectors = made().vectors
    cohort = OperatorCohort(CrowdingRule(10, -0.5), lambda: vectors[:1], digest="made")
    assert (cohort.subtracted(vectors, vectors) == 0).all()


def test_an_image_has_a_high_score_with_itself_however_crowded_it_is() -> None:
    vectors = np.repeat(made().vectors[:1], 30, axis=0)
    cohort = OperatorCohort(CrowdingRule(10, 0.1), lambda: vectors, digest="made")
    assert 1 - cohort.subtracted(vectors[:1], vectors[:1])[0, 0] == pytest.approx(0.75)
