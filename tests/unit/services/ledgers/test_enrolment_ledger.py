"""Enrolment by upload and deletions, against every interleaving that hypothesis finds."""

from __future__ import annotations

import pytest

from shared.domain.collections import (
    COLLECTIONS,
    FACE_LIST,
    LARGE_FACE_LIST,
    LARGE_PERSON_GROUP,
    PERSON_GROUP,
    CollectionKind,
)
from shared.services.deletion import outdated_uploads
from tests.unit.services.ledgers.cosmos_ledger import OnCosmos
from tests.unit.services.ledgers.enrolment_ledger import EnrolmentLedger
from tests.unit.services.ledgers.ledger import EXAMPLES, StepInterruption, run_histories

ON_COSMOS = (LARGE_PERSON_GROUP, LARGE_FACE_LIST)
"""The kinds of the short form: a history takes seconds there."""


def _name(kind: CollectionKind) -> str:
    return kind.segment


class CosmosEnrolmentLedger(OnCosmos, EnrolmentLedger):
    """The same on the protocol server, through the unmodified SDK."""


def test_no_upload_makes_again_what_was_deleted_after_it_was_written() -> None:
    run_histories(EnrolmentLedger, EXAMPLES // 3, steps=25)


def test_an_upload_just_after_a_deletion_that_could_not_list_uploads_may_be_outdated() -> None:
    ledger = EnrolmentLedger()
    ledger.upload("Ada", 1, 1)
    ledger.deliver_an_event(0, None)
    ledger.delete_the_group(StepInterruption(3, "fail", first=False))

    ledger.upload("Ada", 1, 1)

    assert ledger.group.interrupted_blobs.failed_pages == 1
    ledger.teardown()


def test_such_a_deletion_does_not_outdate_uploads_if_the_clock_is_far_behind_storages() -> None:
    ledger = EnrolmentLedger()
    ledger.move_the_clock(-90)
    ledger.upload("Ada", 1, 1)
    ledger.deliver_an_event(0, None)
    ledger.upload("Ada", 1, 2)
    ledger.delete_the_group(StepInterruption(3, "fail", first=False))
    assert ledger.stored() == set()

    ledger.deliver_an_event(1, None)

    assert ledger.group.interrupted_blobs.failed_pages == 1
    ledger.nothing_deleted_is_made_again()
    assert ledger.stored() == {("Ada", 1)}
    ledger.teardown()


@pytest.mark.parametrize("kind", [PERSON_GROUP, FACE_LIST, LARGE_FACE_LIST], ids=_name)
def test_nor_in_another_kind_of_collection(kind: CollectionKind) -> None:
    ledger = type("KindLedger", (EnrolmentLedger,), {"kind": kind})
    run_histories(ledger, EXAMPLES // 10, steps=25)


@pytest.mark.parametrize("kind", COLLECTIONS if EXAMPLES > 60 else ON_COSMOS, ids=_name)
def test_nor_on_cosmos(kind: CollectionKind) -> None:
    ledger = type("KindLedger", (CosmosEnrolmentLedger,), {"kind": kind})
    run_histories(ledger, EXAMPLES // 30, steps=12)


def test_nor_where_deletions_find_more_uploads_than_they_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outdated_uploads, "_MOST_LISTED", 1)
    run_histories(EnrolmentLedger, EXAMPLES // 12, steps=25)
