"""Normalised scores in the person directory, which is never trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.domain.directory import DirectoryScope
from shared.domain.identifiers import random_id
from shared.domain.models import IdentificationFit, LengthRule
from shared.domain.values import Embedding, PersistedFace
from shared.gallery.search.person_rows import PersonParts
from shared.gallery.search.unindexed_scan import face_block
from shared.services.galleries.directory_cohort import DirectoryCohort
from tests.doubles.analyzers import EMBEDDING_MODEL
from tests.unit.gallery.made_up_faces import unit as unit_rows
from tests.unit.services.directory.conftest import MakeDirectory
from tests.unit.services.directory.local_directory import DIMENSION, LocalDirectory

ALL_PERSONS = DirectoryScope()
FIT = IdentificationFit(
    ((1, 0.2), (1_000, 0.2)),
    ((-0.1, 0.3), (0.0, 0.5), (0.1, 0.7)),
)


@pytest.fixture
def crowd() -> NDArray[np.float32]:
    """Forty vectors close to one another, and ten that are not."""
    generator = np.random.default_rng(4)
    centre = generator.standard_normal(DIMENSION, dtype=np.float32)
    near = centre + np.float32(0.5) * generator.standard_normal((40, DIMENSION), np.float32)
    return unit_rows(
        np.concatenate([near, generator.standard_normal((10, DIMENSION), dtype=np.float32)])
    )


@pytest.fixture(params=[{}, {"few_persons": 0}], ids=["read", "copied"])
def searched(make_directory: MakeDirectory, request: pytest.FixtureRequest) -> LocalDirectory:
    return make_directory(fit=FIT, **request.param)


def test_a_stranger_in_a_crowd_is_named_only_where_scores_are_raw(
    make_directory: MakeDirectory, crowd: NDArray[np.float32]
) -> None:
    away = np.random.default_rng(7).standard_normal(DIMENSION, dtype=np.float32)
    stranger = unit_rows(unit_rows(crowd[:40].mean(axis=0)) + np.float32(1.2) * unit_rows(away))
    assert 0.55 < float((crowd @ stranger).max()) < 0.72
    raw = make_directory()
    for vector in crowd:
        raw.enrol(vector)
    assert raw.found(stranger, ALL_PERSONS, threshold=None) != []
    normalised = make_directory(fit=FIT)
    assert normalised.found(stranger, ALL_PERSONS, threshold=None) == []


def test_members_are_named_in_every_scope(
    searched: LocalDirectory, crowd: NDArray[np.float32]
) -> None:
    persons = [searched.enrol(vector) for vector in crowd]
    scope = DirectoryScope(group=searched.group(*persons[:30]))
    for number in (3, 45):
        (best, *_) = searched.found(crowd[number], ALL_PERSONS, threshold=None)
        assert best[0] == persons[number]
        assert best[1] >= 0.9
    assert searched.found(crowd[3], scope, threshold=None)[0][0] == persons[3]
    named = [name for name, _ in searched.found(crowd[45], scope, threshold=None)]
    assert persons[45] not in named
    few = DirectoryScope(person_ids=(persons[3], persons[45]))
    assert searched.found(crowd[45], few, threshold=None)[0][0] == persons[45]


def test_a_change_is_scored_as_if_everything_were_computed_anew(
    make_directory: MakeDirectory, crowd: NDArray[np.float32]
) -> None:
    changed = make_directory(fit=FIT)
    persons = [changed.enrol(vector) for vector in crowd]
    changed.found(crowd[0], ALL_PERSONS)
    changed.persons.delete_person(persons[0])
    added = changed.enrol(crowd[0], crowd[41])
    fresh = make_directory(fit=FIT)
    for probe in crowd:
        one, other = changed.found(probe, ALL_PERSONS), fresh.found(probe, ALL_PERSONS)
        assert [score for _, score in one] == pytest.approx([score for _, score in other], abs=1e-4)
    assert changed.found(crowd[41], ALL_PERSONS, threshold=None)[0][0] in (added, persons[41])


@pytest.mark.parametrize("differences", [{}, {"few_persons": 0}], ids=["read", "copied"])
def test_the_length_of_a_searched_face_counts_as_the_fit_says(
    make_directory: MakeDirectory, crowd: NDArray[np.float32], differences: dict[str, int]
) -> None:
    fit = replace(FIT, length=LengthRule(0.01, 12.0))
    searched = make_directory(fit=fit, **differences)
    for vector in crowd:
        searched.enrol(vector)
    probe = unit_rows(crowd[45] + np.float32(0.7) * unit_rows(np.ones(DIMENSION, np.float32)))
    ids = [searched.seen(probe, length=length) for length in (None, 12.0, 16.0)]
    found = searched.identification.identify(ids, ALL_PERSONS, count=1, threshold=0.0)
    unknown, typical, longer = (one.candidates[0].confidence for one in found)
    assert unknown == typical
    assert longer < typical


def test_the_lengths_of_enrolled_faces_are_part_of_the_figures(
    crowd: NDArray[np.float32],
) -> None:
    lengths = [None, *np.linspace(5, 20, len(crowd) - 1).tolist()]
    owners = [f"00000000-0000-4000-8000-{number // 2:012}" for number in range(len(crowd))]
    block = face_block(
        [
            PersistedFace(random_id(), owner, Embedding(vector, EMBEDDING_MODEL, length))
            for owner, vector, length in zip(owners, crowd, lengths, strict=True)
        ]
    )
    assert block is not None
    rule = LengthRule(0.01, 12.0)
    handicaps = np.array([rule.handicap(length) for length in lengths], np.float32)
    searches: list[Callable[[DirectoryCohort], PersonParts]] = [
        lambda cohort: cohort.of_persons(block),
        lambda cohort: cohort.of_directory("recognition_04", [block], [None]),
    ]
    for search in searches:
        with_lengths, without = (
            search(DirectoryCohort({EMBEDDING_MODEL: fit})).parts[0].figures
            for fit in (replace(FIT, length=rule), FIT)
        )
        assert with_lengths is not None and without is not None
        of_faces = with_lengths.face_means - without.face_means
        assert of_faces == pytest.approx(2 * handicaps, abs=1e-6)
        of_persons = with_lengths.person_means - without.person_means
        assert of_persons == pytest.approx(handicaps[::2] + handicaps[1::2], abs=1e-6)
