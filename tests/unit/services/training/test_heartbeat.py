"""Heartbeats: what they report, when they end, and that a long training renews its lease."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

import pytest

from shared.domain.errors import Unavailable
from shared.domain.values import TrainingStatus
from shared.services.queue_policy import LEASE
from shared.services.training import training
from shared.services.training.heartbeat import Heartbeat, LeaseLost
from tests.unit.services.groups.trainable_group import TrainableGroup


def test_the_lease_is_renewed_while_nothing_can_be_counted() -> None:
    beats: list[int] = []
    enough = threading.Event()

    def beat(percent: int) -> None:
        beats.append(percent)
        if len(beats) == 3:
            enough.set()
        if len(beats) == 1:
            raise Unavailable("The store hiccups.")

    heartbeat = Heartbeat(beat, interval=0.001)
    heartbeat.progress(40)
    with heartbeat:
        assert enough.wait(10)
    assert set(beats) == {40}
    after = len(beats)
    time.sleep(0.01)
    assert len(beats) == after


def test_a_lost_run_comes_out_where_progress_is_made() -> None:
    def beat(_: int) -> None:
        raise LeaseLost

    with pytest.raises(LeaseLost), Heartbeat(beat, interval=0.001) as heartbeat:
        for _ in range(10_000):
            heartbeat.progress(1)
            time.sleep(0.001)


def test_a_heartbeat_before_any_progress_reports_zero_from_a_daemon_thread() -> None:
    beats: list[int] = []
    beaten = threading.Event()

    def beat(percent: int) -> None:
        beats.append(percent)
        beaten.set()

    with Heartbeat(beat, interval=0.001):
        assert beaten.wait(10)
        threads = [one for one in threading.enumerate() if one.name == "heartbeat"]
        assert [one.daemon for one in threads] == [True]
    assert set(beats) == {0}


def test_leaving_waits_for_the_heartbeat_that_is_under_way() -> None:
    begun, ended = threading.Event(), threading.Event()

    def beat(_: int) -> None:
        begun.set()
        time.sleep(0.05)
        ended.set()

    with Heartbeat(beat, interval=0.001):
        assert begun.wait(10)
    assert ended.is_set()
    assert "heartbeat" not in {one.name for one in threading.enumerate()}


def test_a_long_training_renews_its_lease_and_reports_its_progress(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "HEARTBEAT", timedelta(milliseconds=2))
    group.add_person()
    plain = group.blobs.write
    leases: list[tuple[int, datetime | None]] = []

    def slow(*arguments: object, **more: object) -> str:
        group.clock.advance(LEASE)
        for _ in range(5_000):
            record = group.training.status(group.key)
            if record.last_action == group.clock.now():
                leases.append((record.percent, record.lease_expires))
                break
            time.sleep(0.002)
        return plain(*arguments, **more)  # type: ignore[arg-type] # as it was called

    monkeypatch.setattr(group.blobs, "write", slow)
    assert group.train().status is TrainingStatus.SUCCEEDED
    assert leases == [(95, group.clock.now() + LEASE)]
