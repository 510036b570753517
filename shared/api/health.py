"""Health: whether this instance can detect faces and write to its store."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from shared.api.errors import disk_fault
from shared.api.http import JSON_HEADERS, Response
from shared.domain.clock import Clock
from shared.domain.errors import LineamentError, Unavailable

_log = logging.getLogger(__name__)
_HEALTHY = Response(200, JSON_HEADERS, b'{"status":"healthy"}')
_CURRENT_FOR = timedelta(seconds=5)
_UNKNOWN = "The service failed unexpectedly; its log has the reason."


class Health:
    """Runs checks and caches their result for five seconds.

    Args:
        checks: each raises if the service cannot serve.
    """

    def __init__(self, checks: Sequence[Callable[[], None]], clock: Clock) -> None:
        self._checks = checks
        self._clock = clock
        self._lock = threading.Lock()
        self._found: Response | None = None
        self._checked: datetime | None = None

    def respond(self) -> Response:
        """200, or 503 with the reason; the checks run in one thread at a time."""
        # While one thread runs the checks, the others return the previous result.
        if not self._lock.acquire(blocking=self._found is None):
            return self._found or _HEALTHY
        try:
            now = self._clock.now()
            is_current = (
                self._checked is not None and timedelta(0) <= now - self._checked < _CURRENT_FOR
            )
            if self._found is None or not is_current:
                self._found, self._checked = self._check(), now
            return self._found
        finally:
            self._lock.release()

    def _check(self) -> Response:
        try:
            for check in self._checks:
                check()
        except Exception as error:  # noqa: BLE001 - any fault makes the service unhealthy
            fault = disk_fault(error) or error
            if isinstance(fault, Unavailable):
                reason = fault.message
                _log.warning("unhealthy: %s", reason)
            else:
                reason = fault.message if isinstance(fault, LineamentError) else _UNKNOWN
                _log.exception("unhealthy")
            body = msgspec.json.encode({"status": "unhealthy", "reason": reason})
            return Response(503, {**JSON_HEADERS, "Retry-After": "5"}, body)
        return _HEALTHY
