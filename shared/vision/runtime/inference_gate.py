"""The bounded queue before inference."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shared.domain.errors import Busy


@dataclass(slots=True, eq=False)
class _Ticket:
    """A place in the queue; `called` is set when a place inside is handed to it."""

    bounded: bool
    called: threading.Event = field(default_factory=threading.Event)


class InferenceGate:
    """Lets a few threads run inference and a few wait, and rejects the rest at once.

    Places are handed on in the order of arrival.

    Args:
        concurrency: maximum number inside, 1 or more.
        waiting: maximum number that wait in `admit`, 0 or more.
    """

    def __init__(self, concurrency: int, waiting: int) -> None:
        if concurrency < 1 or waiting < 0:
            raise ValueError("A gate needs a concurrency of 1 or more and waiting of 0 or more.")
        self._waiting_bound = waiting
        self._lock = threading.Lock()
        self._free = concurrency
        self._queue: deque[_Ticket] = deque()

    @property
    def waiting(self) -> int:
        """The number that wait now, in `admit` and `admit_patiently`."""
        with self._lock:
            return len(self._queue)

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Enter for a request that a client waits for.

        Raises:
            Busy: all places inside and in the queue are taken; raised at once.
        """
        self._enter(_Ticket(bounded=True), timeout=None)
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def admit_patiently(self, timeout: float) -> Iterator[None]:
        """Enter for background work, which may queue at any length of the queue.

        Args:
            timeout: maximum seconds to wait.

        Raises:
            Busy: no place became free in that time.
        """
        self._enter(_Ticket(bounded=False), timeout)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, ticket: _Ticket, timeout: float | None) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            if ticket.bounded and self._clients_waiting() >= self._waiting_bound:
                raise Busy
            self._queue.append(ticket)
        try:
            called = ticket.called.wait(timeout)
        except BaseException:
            # Interrupted while waiting: give back the place or the ticket.
            if not self._give_up(ticket):
                self._leave()
            raise
        if not called and self._give_up(ticket):
            raise Busy

    def _clients_waiting(self) -> int:
        return sum(ticket.bounded for ticket in self._queue)

    def _give_up(self, ticket: _Ticket) -> bool:
        """Leave the queue; False if a place was handed over in the meantime."""
        with self._lock:
            if ticket.called.is_set():
                return False
            self._queue.remove(ticket)
            return True

    def _leave(self) -> None:
        """Hand the place to the next in the queue, or leave it free."""
        with self._lock:
            if self._queue:
                self._queue.popleft().called.set()
            else:
                self._free += 1
