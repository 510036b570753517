"""Quotas of the directory: persons, and faces of a person for each recognition model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.errors import QuotaExceeded
from shared.domain.quotas import FREE, STANDARD, adjusted
from tests.unit.services.directory.conftest import MakeDirectory
from tests.unit.services.directory.local_directory import unit


def test_the_tiers_have_azure_s_numbers_and_any_of_them_is_adjusted() -> None:
    assert (STANDARD.directory_persons, STANDARD.faces_per_person) == (75_000_000, 248)
    assert FREE.directory_persons == 1_000
    assert adjusted(FREE, "PersonDirectory.persons=5").directory_persons == 5


def test_a_full_directory_accepts_no_person_until_one_is_deleted(
    make_directory: MakeDirectory,
) -> None:
    directory = make_directory(quotas=replace(STANDARD, directory_persons=2))
    first, _ = directory.enrol(), directory.enrol()
    with pytest.raises(QuotaExceeded, match="Person number reached subscription level limit"):
        directory.enrol()
    directory.persons.delete_person(first)
    directory.enrol()
    assert directory.people.count() == 2


def test_faces_are_bounded_for_each_model_apart(make_directory: MakeDirectory) -> None:
    directory = make_directory(quotas=replace(STANDARD, faces_per_person=2))
    person = directory.enrol(unit(1.0), unit(0, 1.0))
    with pytest.raises(QuotaExceeded, match="Persisted face number reached limit"):
        directory.add_face(person, unit(0, 0, 1.0))
    directory.add_face(person, unit(1.0), "recognition_03")
    assert len(directory.persons.get_person(person).faces_for("recognition_04")) == 2
