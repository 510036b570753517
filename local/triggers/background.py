"""The weight of work in the background: less than that of requests."""

from __future__ import annotations

import os
import sys
import threading

_LESS = 10
"""Added to a thread's niceness: Linux gives it a tenth of the time where requests want it."""


def give_way_to_requests() -> None:
    """Let this thread, and those that it starts, give way to the threads that answer requests.

    Elsewhere than on Linux, threads have no priority of their own and nothing happens.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _LESS)
