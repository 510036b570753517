"""The weight of work in the background: less than that of requests."""

from __future__ import annotations

import os
import sys
import threading

_LESS = 10
"""Added to the niceness of the process: Linux gives it a tenth of the time that requests get."""


def give_way_to_requests() -> None:
    """Let this thread, and those that it starts, give way to the threads that answer requests.

    A thread that gives way already stays as it is. Elsewhere than on Linux, threads have no
    priority of their own and nothing happens.
    """
    if sys.platform == "linux":
        usual = os.getpriority(os.PRIO_PROCESS, os.getpid())
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), usual + _LESS)
