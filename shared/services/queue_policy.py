"""Retries of queue messages and leases of their work, in one table.

`host.json` and the local host deliver messages by `DELIVERIES` and `REDELIVERY`; tests compare them
with this table, and the rows of this table with each other.
"""

from __future__ import annotations

from datetime import datetime, timedelta

DELIVERIES = 5
"""Deliveries of one message before the host moves it to the poison queue (`maxDequeueCount`)."""

REDELIVERY = timedelta(seconds=10)
"""Time from a failed delivery to the next one (`visibilityTimeout`)."""

LEASE = timedelta(seconds=60)
"""A worker is presumed dead when its last heartbeat is older than this."""

HEARTBEAT = timedelta(seconds=10)
"""Time between two heartbeats; several may be lost before the lease expires."""

CLOCK_SKEW = timedelta(seconds=30)
"""Tolerated difference between the clocks of two machines."""

TRAINING_ATTEMPTS = 5
"""Attempts of one training run; each is counted in its record before it starts."""

TRAINING_OUTLASTS = timedelta(hours=1)
"""For so long after its request a training run uses up no attempts where storage is unavailable."""

LOST_WHEN_QUEUE_IS_EMPTY = timedelta(minutes=2)
"""A message that was sent longer ago than this and is not on the empty queue is sent again."""

LOST_IN_ANY_CASE = timedelta(hours=1)
"""A message is sent again after this time even though its queue has messages."""

MAINTENANCE = timedelta(minutes=5)
"""Period of the timer."""

UPLOAD_GROWS = timedelta(seconds=20)
"""Time between two checks of an upload that may still grow without an event."""

UPLOAD_COMPLETE_AFTER = timedelta(hours=1)
"""An upload is complete when it has not been written to for this long."""

UPLOAD_RECONCILED_FOR = timedelta(hours=24)
"""An upload that is older is not ingested for the first time."""

SHORTEST_ERASURE_PERIOD = timedelta(minutes=4)
"""Minimum time between two rewrites of a collection's snapshot, so that duplicate messages cause
none. It is less than the timer's period, so that the timer's messages are never too early."""

PURGE_VERIFIED_AFTER = timedelta(hours=1)
"""A purged collection is purged again after this time, which is longer than a training that ran
meanwhile continues to write."""

UNCOMMITTED_AFTER = timedelta(minutes=1)
"""A mark whose person still exists after this time belongs to a deletion that failed."""

COHORT_MARKS_KEPT = timedelta(minutes=2)
"""Minimum age at which marks of deletions are removed if FACE_COHORT is set: a process that follows
them for a cohort and has not read them for half as long reads the stored faces again."""


def lease_holds(expires: datetime | None, now: datetime) -> bool:
    """Whether a lease is in force.

    A lease that ends later than a new one would was written before the clock was set back, and does
    not hold. A live worker renews it by the new clock within ``HEARTBEAT``.
    """
    return expires is not None and now < expires <= now + LEASE + CLOCK_SKEW


def is_older(moment: datetime, age: timedelta, now: datetime) -> bool:
    """Whether a moment is further in the past than ``age``, or lies in the future.

    A moment in the future was written before the clock was set back; nothing may wait for it.
    """
    return not now - age < moment <= now + CLOCK_SKEW
