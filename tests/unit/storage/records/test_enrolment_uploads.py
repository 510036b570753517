"""Names of uploads that enrol, and the moments that outdate them."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from shared.domain.collections import FACE_LIST, LARGE_PERSON_GROUP, CollectionKey
from shared.domain.errors import DocumentChanged, DocumentExists
from shared.storage.documents.store import DocumentContainer, DocumentStore, Key
from shared.storage.layout import INGESTIONS
from shared.storage.records.enrolment_uploads import (
    NEVER,
    DeletionMoments,
    EnrolmentName,
    collection_subject,
    enrolment_folder,
    enrolment_name,
    face_subject,
    is_enrolment,
    person_subject,
)
from tests.doubles.clocks import ManualClock
from tests.unit.storage.records.refused_writes import refuse_writes

LIFE = 600
STAFF = CollectionKey(LARGE_PERSON_GROUP, "staff")


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    return store.container(INGESTIONS)


@pytest.fixture
def moments(container: DocumentContainer) -> DeletionMoments:
    return DeletionMoments(container, lifetime=LIFE)


@pytest.mark.parametrize(
    ("upload", "expected"),
    [
        ("enroll/largepersongroups/staff/Ada/1.jpg", EnrolmentName(STAFF, "Ada")),
        ("enroll/largepersongroups/staff/Ada/2026/1.jpg", EnrolmentName(STAFF, "Ada")),
        (
            "enroll/facelists/visitors/Bob/1.jpg",
            EnrolmentName(CollectionKey(FACE_LIST, "visitors"), "Bob"),
        ),
        ("enroll/largepersongroups/staff/100%2FAda/1.jpg", EnrolmentName(STAFF, "100%2FAda")),
        ("enroll/largepersongroups/staff/Ada\\Bob/1.jpg", EnrolmentName(STAFF, "Ada\\Bob")),
        ("enroll/largepersongroups/staff/../1.jpg", EnrolmentName(STAFF, "..")),
        ("enroll/largepersongroups/staff/enroll/1.jpg", EnrolmentName(STAFF, "enroll")),
        ("enroll/largepersongroups/staff/Ada//1.jpg", EnrolmentName(STAFF, "Ada")),
        ("enroll/largepersongroups/staff/Zo\u00eb/1.jpg", EnrolmentName(STAFF, "Zo\u00eb")),
        ("enroll/largepersongroups/staff/Zoe\u0308/1.jpg", EnrolmentName(STAFF, "Zoe\u0308")),
        (f"enroll/largepersongroups/staff/{'x' * 990}/1", EnrolmentName(STAFF, "x" * 990)),
        ("enroll/LargePersonGroups/staff/Ada/1.jpg", None),
        ("Enroll/largepersongroups/staff/Ada/1.jpg", None),
        ("enroll/largepersongroups/staff//1.jpg", None),
        ("/enroll/largepersongroups/staff/Ada/1.jpg", None),
        ("enroll/dynamicpersongroups/staff/Ada/1.jpg", None),
        ("enroll/largepersongroups/staff/Ada", None),
        ("enroll/largepersongroups/staff/Ada/", None),
        ("enroll/largepersongroups//Ada/1.jpg", None),
        ("detect/largepersongroups/staff/Ada/1.jpg", None),
        ("largepersongroups/enroll/staff/Ada/enroll", None),
    ],
)
def test_the_parts_of_a_name_are_those_of_its_path(
    upload: str, expected: EnrolmentName | None
) -> None:
    assert enrolment_name(upload) == expected


def test_only_what_lies_in_the_folder_is_enrolled() -> None:
    assert is_enrolment("enroll/facelists")
    assert not is_enrolment("enroll")
    assert not is_enrolment("Enroll/facelists/visitors/Bob/1.jpg")
    assert not is_enrolment("/enroll/facelists/visitors/Bob/1.jpg")
    assert not is_enrolment("enrolled/facelists/visitors/Bob/1.jpg")
    assert enrolment_folder(STAFF) == "enroll/largepersongroups/staff/"
    assert enrolment_folder(STAFF, "Ada") == "enroll/largepersongroups/staff/Ada/"


def test_of_several_deletions_the_latest_moment_counts_until_it_expires(
    moments: DeletionMoments, clock: ManualClock
) -> None:
    early, late = clock.now(), clock.now() + timedelta(seconds=5)
    subjects = [person_subject(STAFF, "Ada"), collection_subject(STAFF), face_subject("one")]
    assert moments.find(subjects) == [None, None, None]
    for moment in (early, late, early):
        moments.note(subjects[0], moment)
    moments.note(subjects[2], NEVER)
    assert moments.find(subjects) == [late, None, NEVER]
    moments.note(subjects[2], early)
    assert moments.find(subjects[2:]) == [early]
    clock.advance(LIFE - 1)
    moments.note(subjects[0], early)
    assert moments.find(subjects[2:]) == [early]
    clock.advance(1)
    assert moments.find(subjects) == [late, None, None]
    clock.advance(LIFE - 1)
    assert moments.find(subjects) == [None, None, None]


def test_a_note_that_others_overtake_is_made_again(
    moments: DeletionMoments, clock: ManualClock, container: DocumentContainer
) -> None:
    subject, now = face_subject("one"), clock.now()
    for error, moment in (
        (DocumentExists, now),
        (DocumentChanged, now + timedelta(seconds=1)),
    ):
        with pytest.MonkeyPatch.context() as patch:
            tried = refuse_writes(patch, container, 2, error)
            moments.note(subject, moment)
            assert len(tried) == 3
        assert moments.find([subject]) == [moment]


def test_a_note_of_an_earlier_version_is_found(
    moments: DeletionMoments, container: DocumentContainer
) -> None:
    digest = hashlib.sha256(b"face/one").hexdigest()
    place = Key(digest[:2], f"deleted:{digest}")
    container.create(place, {"uploaded": "0001-01-01T00:00:00+00:00"})
    assert moments.find([face_subject("one")]) == [NEVER]
