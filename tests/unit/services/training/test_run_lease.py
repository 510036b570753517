"""One worker at a time carries out a training run, and writes that lose their answer count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.errors import Unavailable
from shared.domain.values import TrainingRecord, TrainingStatus
from shared.services.queue_policy import LEASE
from shared.services.training.heartbeat import LeaseLost
from shared.services.training.run_lease import RunLease
from shared.storage.records.collections.trainings import StoredTraining, TrainingRecords
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup

PATIENCE = [0.5, 1.0, 2.0, 4.0, 8.0, 15.0]


class Run:
    """A run that waits in the record, and what its worker sleeps."""

    def __init__(self, group: TrainableGroup) -> None:
        self.group = group
        self.records = TrainingRecords(group.trainings._container)
        self.slept: list[float] = []
        now = group.clock.now()
        self.requested = TrainingRecord(
            group.collection.incarnation,
            new_id(),
            TrainingStatus.RUNNING,
            created=now,
            last_action=now,
            last_success=now - timedelta(days=1),
            snapshot="before",
            attempts=2,
            percent=50,
            whole=True,
        )
        assert self.records.write(group.key, self.requested, None) is not None

    @property
    def stored(self) -> StoredTraining:
        found = self.records.find(self.group.key)
        assert found is not None
        return found

    def lease(self, owner: str = "own") -> RunLease:
        group = self.group
        return RunLease(self.records, group.clock, group.key, self.stored, owner, self.slept.append)

    def taken(self, owner: str = "own") -> RunLease:
        lease = self.lease(owner)
        lease.take()
        return lease

    def change(self, **members: Any) -> None:
        """Another process writes the record."""
        stored = self.stored
        changed = replace(stored.record, **members)
        assert self.records.write(self.group.key, changed, stored) is not None

    def lose_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Carry out the next write, but answer as if another had been faster."""
        monkeypatch.setattr(self.records, "write", carried_out_once(self.records.write))

    def fail_writes(self, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
        """So many writes meet a throttled store."""
        write, left = self.records.write, iter(range(number))

        def fail(*arguments: Any) -> StoredTraining | None:
            if next(left, None) is not None:
                raise Unavailable("The store is throttled.")
            return write(*arguments)

        monkeypatch.setattr(self.records, "write", fail)


def carried_out_once(
    write: Callable[..., StoredTraining | None],
) -> Callable[..., StoredTraining | None]:
    """The first write is carried out, and its answer is a conflict with itself."""
    lost: list[bool] = []

    def call(*arguments: Any) -> StoredTraining | None:
        written = write(*arguments)
        if not lost:
            lost.append(True)
            return None
        return written

    return call


@pytest.fixture
def run(group: TrainableGroup) -> Run:
    return Run(group)


def test_taking_the_lease_counts_the_attempt(run: Run) -> None:
    run.group.clock.advance(timedelta(minutes=1))
    lease = run.taken()
    now = run.group.clock.now()
    expected = replace(
        run.requested, owner="own", attempts=3, last_action=now, lease_expires=now + LEASE
    )
    assert run.stored.record == lease.record == expected


def test_renewing_prolongs_the_lease_and_records_progress(run: Run) -> None:
    lease = run.taken()
    run.group.clock.advance(timedelta(seconds=10))
    lease.renew(70)
    now = run.group.clock.now()
    expected = replace(
        run.requested,
        owner="own",
        attempts=3,
        percent=70,
        last_action=now,
        lease_expires=now + LEASE,
    )
    assert run.stored.record == lease.record == expected


def test_a_success_switches_the_snapshot_and_ends_the_lease(run: Run) -> None:
    lease = run.taken()
    run.group.clock.advance(timedelta(seconds=10))
    lease.succeed("after")
    now = run.group.clock.now()
    assert run.stored.record == replace(
        run.requested,
        status=TrainingStatus.SUCCEEDED,
        attempts=3,
        percent=100,
        last_action=now,
        last_success=now,
        snapshot="after",
        whole=False,
    )


def test_a_failure_keeps_the_snapshot_and_says_why(run: Run) -> None:
    lease = run.taken()
    run.group.clock.advance(timedelta(seconds=10))
    lease.fail("There are no faces.")
    assert run.stored.record == replace(
        run.requested,
        status=TrainingStatus.FAILED,
        attempts=3,
        last_action=run.group.clock.now(),
        message="There are no faces.",
    )


def test_a_released_lease_is_free_at_once(run: Run) -> None:
    lease = run.taken()
    lease.release()
    now = run.group.clock.now()
    assert run.stored.record == replace(run.requested, attempts=3, last_action=now)


STEPS: list[Callable[[RunLease], None]] = [
    lambda lease: lease.renew(70),
    lambda lease: lease.succeed("after"),
    lambda lease: lease.fail("There are no faces."),
]


@pytest.mark.parametrize("step", STEPS)
def test_a_write_whose_answer_was_lost_counts(
    run: Run, monkeypatch: pytest.MonkeyPatch, step: Callable[[RunLease], None]
) -> None:
    plain, lost = run.taken(), run.stored
    step(plain)
    expected = run.stored.record
    run.change(**{name: getattr(lost.record, name) for name in lost.record.__slots__})
    lease = run.lease()
    with monkeypatch.context() as patch:
        run.lose_answers(patch)
        step(lease)
    assert run.stored.record == lease.record == expected
    assert run.stored == lease.stored


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "change",
    [
        {"owner": "other"},
        {"run": "another"},
        {"status": TrainingStatus.SUCCEEDED, "snapshot": "other", "owner": None},
        {"status": TrainingStatus.FAILED, "message": "Something else.", "owner": None},
    ],
)
def test_a_worker_whose_run_is_another_s_or_over_stops(
    run: Run, step: Callable[[RunLease], None], change: dict[str, Any]
) -> None:
    lease = run.taken()
    run.change(**change)
    before = run.stored
    with pytest.raises(LeaseLost):
        step(lease)
    lease.release()
    assert run.stored == before


def test_a_record_that_a_request_changed_is_still_the_worker_s(run: Run) -> None:
    lease = run.taken()
    run.change(whole=False)
    lease.renew(70)
    assert (run.stored.record.percent, run.stored.record.whole) == (70, False)


def test_a_worker_whose_record_is_gone_stops(run: Run) -> None:
    lease = run.taken()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run.records, "write", lambda *_: None)
        patch.setattr(run.records, "find", lambda _: None)
        with pytest.raises(LeaseLost):
            lease.renew(70)


@pytest.mark.parametrize("step", STEPS[1:])
def test_the_last_write_waits_for_a_throttled_store_for_half_a_minute(
    run: Run, monkeypatch: pytest.MonkeyPatch, step: Callable[[RunLease], None]
) -> None:
    lease = run.taken()
    with monkeypatch.context() as patch:
        run.fail_writes(patch, len(PATIENCE))
        step(lease)
    assert run.slept == PATIENCE
    assert run.stored.record.status is not TrainingStatus.RUNNING

    run.change(status=TrainingStatus.RUNNING, owner="own")
    with monkeypatch.context() as patch:
        run.fail_writes(patch, len(PATIENCE) + 1)
        with pytest.raises(Unavailable):
            step(run.lease())
    assert run.stored.record.status.value == "running"


def test_a_lease_that_cannot_be_released_expires(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = run.taken()
    before = run.stored
    with monkeypatch.context() as patch:
        run.fail_writes(patch, 1)
        lease.release()
    assert run.stored == before
