"""One table of retries: host.json, the local host and the table's own rows agree with it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from local.host_settings import read_host_settings
from local.triggers.queue_pump import DEFAULT_PATIENCE
from shared.services import queue_policy
from shared.storage.layout import POISON_QUEUES, QUEUES, poison_queue

ROOT = Path(__file__).resolve().parents[3]
HOST = read_host_settings(ROOT / "host.json")
"""host.json as the local host follows it; Microsoft's host reads the same file."""


def test_the_hosts_deliver_messages_as_often_as_the_table_says() -> None:
    assert HOST.queues.max_dequeue_count == queue_policy.DELIVERIES
    assert HOST.blobs.poison_blob_threshold == queue_policy.DELIVERIES


def test_the_hosts_deliver_a_failed_message_again_when_the_table_says() -> None:
    assert HOST.queues.visibility_timeout == queue_policy.REDELIVERY.total_seconds()


def test_the_hosts_move_failed_messages_to_the_queues_that_maintenance_reads() -> None:
    assert {poison_queue(queue) for queue in QUEUES} <= set(POISON_QUEUES)


def test_a_lease_outlasts_several_heartbeats() -> None:
    assert queue_policy.LEASE >= 3 * queue_policy.HEARTBEAT


def test_a_message_in_work_is_renewed_several_times_before_others_see_it() -> None:
    assert DEFAULT_PATIENCE.invisible >= 3 * DEFAULT_PATIENCE.renew_every


def test_a_message_that_the_local_host_lost_comes_back_when_the_lease_is_over() -> None:
    lost = timedelta(seconds=DEFAULT_PATIENCE.invisible)
    assert abs(lost - queue_policy.LEASE) <= queue_policy.REDELIVERY
