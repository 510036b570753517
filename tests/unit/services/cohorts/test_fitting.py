"""Fitting a cohort: what it changes for people who are not in it, and when it is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from shared.domain.errors import BadArgument
from shared.gallery.normalisation.crowding import crowding, subtracted
from shared.services.cohorts.fitting import FittedCohort, PeopleFaces, fit_cohort
from tests.unit.services.cohorts.crowded_people import SCALE, Crowd, crowd


@pytest.fixture(scope="module")
def made() -> Crowd:
    return crowd()


@pytest.fixture(scope="module")
def fitted(made: Crowd) -> FittedCohort:
    return fit_cohort(made.faces, SCALE)


def _accepted(made: Crowd, fitted: FittedCohort, others: Crowd) -> tuple[np.ndarray, np.ndarray]:
    """Whether 0.5 accepts each pair of other people's first images: raw, and with the cohort."""
    firsts = np.unique(others.faces.people, return_index=True)[1]
    vectors = others.faces.vectors[firsts]
    values = crowding(vectors, made.faces.vectors[fitted.rows], fitted.rule.neighbours)
    cosines = vectors @ vectors.T
    scores = cosines - subtracted(values, values, fitted.rule.allowance)
    first, second = np.triu_indices(len(vectors), 1)
    return (
        cosines[first, second] >= SCALE.same_cosine,
        scores[first, second] >= SCALE.same_cosine,
    )


def test_it_keeps_the_rate_among_people_that_it_was_not_made_of(
    made: Crowd, fitted: FittedCohort
) -> None:
    others = crowd(seed=2)
    raw, now = _accepted(made, fitted, others)
    assert raw.mean() > 10 * SCALE.rate
    assert now.mean() <= 2 * SCALE.rate


def test_it_accepts_no_pair_that_was_not_accepted(made: Crowd, fitted: FittedCohort) -> None:
    raw, now = _accepted(made, fitted, crowd(seed=2))
    assert not (now & ~raw).any()


def test_it_has_one_face_of_each_person_and_reports_what_it_measured(
    made: Crowd, fitted: FittedCohort
) -> None:
    assert np.unique(made.faces.people[fitted.rows]).tolist() == list(range(250))
    rates = fitted.rates
    assert rates.false_accepts <= 2 * SCALE.rate * rates.others < rates.false_accepts_raw
    assert rates.sames > 0
    assert rates.misses_raw <= rates.misses < rates.sames / 2


def test_the_same_people_give_the_same_cohort(made: Crowd, fitted: FittedCohort) -> None:
    again = fit_cohort(made.faces, SCALE)
    assert again.rule == fitted.rule
    assert again.rates == fitted.rates


def test_people_in_another_order_are_judged_alike(made: Crowd, fitted: FittedCohort) -> None:
    numbers = np.random.default_rng(4).permutation(250)[made.faces.people]
    order = np.argsort(numbers, kind="stable")
    again = fit_cohort(
        PeopleFaces(made.faces.vectors[order], numbers[order], made.faces.names), SCALE
    )
    assert again.rates == fitted.rates
    assert set(order[again.rows]) == set(fitted.rows)


def test_too_few_people_are_refused() -> None:
    with pytest.raises(BadArgument, match="200 people with a face or more; there are 150"):
        fit_cohort(crowd(130, 20).faces, SCALE)


def test_adults_alone_are_refused_because_there_is_nothing_to_correct() -> None:
    with pytest.raises(BadArgument, match="above all small children"):
        fit_cohort(crowd(240, 0).faces, SCALE)


def test_children_alone_are_refused_as_one_sided() -> None:
    with pytest.raises(BadArgument, match="Add people of all ages"):
        fit_cohort(crowd(60, 180).faces, SCALE)


def test_people_who_are_there_twice_are_named(made: Crowd) -> None:
    halves = made.faces.people * 2 + np.arange(len(made.faces.people)) % 2
    twice = PeopleFaces(made.faces.vectors, halves, [f"folder {n}" for n in range(500)])
    with pytest.raises(BadArgument, match=r"35 pairs of two people .* folder 44 and folder 45"):
        fit_cohort(twice, SCALE)


def test_an_image_in_a_relatives_folder_does_not_make_two_people_one(made: Crowd) -> None:
    vectors, people = made.faces.vectors, made.faces.people
    firsts = np.unique(people, return_index=True)[1][:20]
    misfiled = PeopleFaces(
        np.concatenate([vectors, vectors[firsts]]),
        np.concatenate([people, people[firsts] + 20]),
        made.faces.names,
    )
    assert len(fit_cohort(misfiled, SCALE).rows) == 250


def test_a_rate_that_others_do_not_keep_is_refused(made: Crowd) -> None:
    with pytest.raises(BadArgument, match="the cohort was not made of"):
        fit_cohort(made.faces, replace(SCALE, rate=1e-6))
