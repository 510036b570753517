"""Ends the process where its stop takes longer than it may."""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOGGER = logging.getLogger("lineament.host")

_REPORT_SECONDS = 1.0
"""Longest time for the log line: a full pipe must not keep the process from ending."""

_FRAMES = 8


@contextmanager
def end_within(seconds: float, exit_process: Callable[[int], object] = os._exit) -> Iterator[None]:
    """Exit with code 1, a second after a line in the log, unless the block ends in time.

    Nothing is lost that a kill would not lose: what is acknowledged is in the stores, an own
    storage emulator ends with the pipe from this process, and the next start empties the folder of
    unfinished files.
    """
    timer = threading.Timer(seconds, _end, (seconds, exit_process))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _end(seconds: float, exit_process: Callable[[int], object]) -> None:
    report = threading.Thread(target=_report, args=(seconds,), daemon=True)
    report.start()
    report.join(_REPORT_SECONDS)
    exit_process(1)


def _report(seconds: float) -> None:
    """Log the threads that run, each with the innermost lines of code that it is in."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    threads = {
        f"{names.get(ident)} {ident}": [
            f"{frame.filename}:{frame.lineno}"
            for frame in traceback.extract_stack(stack)[-_FRAMES:]
        ]
        for ident, stack in sys._current_frames().items()
    }
    _LOGGER.error("the stop takes too long", extra={"seconds": seconds, "threads": threads})
