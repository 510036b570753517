"""Retries of queue messages, and the leases of the work that messages ask for: one table.

`host.json` and the local host deliver messages by `DELIVERIES` and `REDELIVERY`; tests compare
them with this table and the rows of this table with each other.
"""

from __future__ import annotations

from datetime import datetime, timedelta

DELIVERIES = 5
"""Deliveries of one message before the host moves it to the poison queue (`maxDequeueCount`)."""

REDELIVERY = timedelta(seconds=10)
"""From a failed delivery to the next one (`visibilityTimeout`)."""

LEASE = timedelta(seconds=60)
"""A worker is presumed dead when its last heartbeat is older than this."""

HEARTBEAT = timedelta(seconds=10)
"""Between two heartbeats: several may be lost before the lease expires."""

CLOCK_SKEW = timedelta(seconds=30)
"""Difference between the clocks of two machines that is taken for normal."""

TRAINING_ATTEMPTS = 5
"""Attempts of one training run; each is counted in its record before it starts."""

LOST_WHEN_QUEUE_IS_EMPTY = timedelta(minutes=2)
"""A message that was sent longer ago than this and is not on the empty queue is sent again."""

LOST_IN_ANY_CASE = timedelta(hours=1)
"""A message is sent again after this time even though its queue has messages."""

MAINTENANCE = timedelta(minutes=5)
"""Period of the timer."""

UPLOAD_GROWS = timedelta(seconds=20)
"""Between two checks of an upload that may still grow without an event."""

UPLOAD_COMPLETE_AFTER = timedelta(hours=1)
"""An upload that was not written to for this long is complete."""

UPLOAD_RECONCILED_FOR = timedelta(hours=24)
"""An upload that is older is not ingested for the first time."""

SHORTEST_ERASURE_PERIOD = timedelta(minutes=4)
"""Between two rewritings of a collection's snapshot: duplicated messages cause none. A little less
than the timer's period, so that its messages are never too early."""

PURGE_VERIFIED_AFTER = timedelta(hours=1)
"""A purged collection is purged once more after this: longer than a training that ran meanwhile
writes."""

UNCOMMITTED_AFTER = timedelta(minutes=1)
"""A mark whose person still exists after this time belongs to a deletion that failed."""

COHORT_MARKS_KEPT = timedelta(minutes=2)
"""How long marks of deletions stay at least where FACE_COHORT is set: processes that follow them
for a cohort read the stored faces again when they have not read the marks for half as long."""


def lease_holds(expires: datetime | None, now: datetime) -> bool:
    """Whether a lease is in force.

    A lease that ends later than a fresh one would was written before the clock was set back: it
    does not hold. A worker that is alive renews it by the new clock within ``HEARTBEAT``.
    """
    return expires is not None and now < expires <= now + LEASE + CLOCK_SKEW


def is_older(moment: datetime, age: timedelta, now: datetime) -> bool:
    """Whether a moment is further in the past than ``age``, or lies in the future.

    A moment in the future was written before the clock was set back; nothing may wait for it.
    """
    return not now - age < moment <= now + CLOCK_SKEW
