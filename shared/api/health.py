"""Health: one tiny inference shows whether this instance can serve."""

from __future__ import annotations

import logging
from collections.abc import Callable

from shared.api.http import Response

_log = logging.getLogger(__name__)
_JSON = {"Content-Type": "application/json; charset=utf-8"}


def health(check: Callable[[], None]) -> Response:
    """Respond with 200 if the check succeeds, with 503 if it raises; the log has the reason.

    Args:
        check: runs one tiny inference.
    """
    try:
        check()
    except Exception:  # noqa: BLE001 - whatever keeps us from working is ill health
        _log.exception("unhealthy")
        return Response(503, {**_JSON, "Retry-After": "5"}, b'{"status":"unhealthy"}')
    return Response(200, _JSON, b'{"status":"healthy"}')
