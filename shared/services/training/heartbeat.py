"""A heartbeat for long work: renews a lease even while the work reports no progress."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from shared.domain.errors import Unavailable


class LeaseLost(Exception):
    """Another worker holds the run or task, or its record was replaced or deleted."""


class Heartbeat:
    """Calls ``beat`` with the progress in percent at intervals, from its own thread.

    Args:
        beat: may raise LeaseLost, which ends the heartbeat and is raised again by ``progress``, or
            Unavailable, after which the heartbeat continues.
        interval: seconds.
    """

    def __init__(self, beat: Callable[[int], None], *, interval: float) -> None:
        self._beat = beat
        self._interval = interval
        self._percent = 0
        self._lost: LeaseLost | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def progress(self, percent: int) -> None:
        """Record the progress.

        Raises:
            LeaseLost: a beat found that this worker has lost the run.
        """
        self._percent = percent
        if self._lost is not None:
            raise self._lost

    def _run(self) -> None:
        while not self._stopping.wait(self._interval):
            try:
                self._beat(self._percent)
            except LeaseLost as lost:
                self._lost = lost
                return
            except Unavailable:
                continue
