"""Which persons become candidates, with and without a margin."""

from __future__ import annotations

import pytest

from shared.domain.values import Candidate
from shared.services.recognition.candidate_rule import CandidateRule

DAUGHTER, SON, FATHER = "daughter", "son", "father"
ALIKE = [Candidate(DAUGHTER, 0.66), Candidate(SON, 0.6), Candidate(FATHER, 0.1)]


def _names(rule: CandidateRule, *, count: int, threshold: float = 0.5) -> list[str]:
    found = rule.choose(ALIKE[: rule.persons(count)], count=count, threshold=threshold)
    return [candidate.person_id for candidate in found]


def test_without_a_margin_all_who_reach_the_threshold_are_proposed() -> None:
    assert _names(CandidateRule(), count=3) == [DAUGHTER, SON]
    assert _names(CandidateRule(), count=1) == [DAUGHTER]


def test_without_a_margin_two_who_are_equally_near_are_both_proposed() -> None:
    twins = [Candidate("one", 0.9), Candidate("other", 0.9)]
    assert CandidateRule().choose(twins, count=2, threshold=0.5) == tuple(twins)


def test_two_who_are_nearer_than_the_margin_are_neither_proposed() -> None:
    assert _names(CandidateRule(0.1), count=3) == []


def test_the_second_best_counts_though_only_one_candidate_is_wanted() -> None:
    assert _names(CandidateRule(0.1), count=1) == []


def test_the_second_best_counts_though_it_is_below_the_threshold() -> None:
    assert _names(CandidateRule(0.1), count=1, threshold=0.65) == []


@pytest.mark.parametrize("threshold", [0.5, 0.0, 0.65, 1.0])
def test_who_comes_within_the_margin_of_a_candidate_lies_above_the_floor(
    threshold: float,
) -> None:
    rule = CandidateRule(0.1)
    assert rule.floor(threshold) <= max(0.0, threshold - rule.margin)
    assert rule.floor(threshold) >= 0


def test_a_lead_of_exactly_the_margin_is_enough() -> None:
    assert _names(CandidateRule(0.06), count=3) == [DAUGHTER, SON]


def test_the_only_person_of_a_group_needs_no_lead() -> None:
    only = [Candidate(DAUGHTER, 0.6)]
    assert CandidateRule(0.2).choose(only, count=1, threshold=0.5) == tuple(only)
