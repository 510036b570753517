"""The one-time code that opens the console on this machine.

The link that the host prints has the code in its fragment, which browsers send to no server and
write into no log. The page exchanges it for the callers' key. On Azure there is no such exchange.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from hmac import compare_digest

CODE_PATH = "/console/code"
"""Where the page posts the code, as JSON ``{"code": "…"}``."""

_CODE_BYTES = 16
_VALID_SECONDS = 600.0
_WRONG_TRIES = 5
_LENGTH_DIGITS = 3
"""Of a body's length in bytes."""


class ConsoleCode:
    """A code of 128 random bits: valid once, for ten minutes, until the fifth wrong try.

    Args:
        key: the callers' key that the code is exchanged for.
        now: a clock in seconds that never goes back.
    """

    def __init__(self, key: str, now: Callable[[], float] = time.monotonic) -> None:
        self._key = key
        self._now = now
        self._ends = now() + _VALID_SECONDS
        self._lock = threading.Lock()
        self._tries_left = _WRONG_TRIES
        self.code = secrets.token_urlsafe(_CODE_BYTES)

    def link(self, url: str) -> str:
        """The address of the console with the code.

        Args:
            url: the service's.
        """
        return f"{url}/console#code={self.code}"

    def exchange(self, given: str) -> str | None:
        """The key; None where the code is wrong, used or over."""
        with self._lock:
            if self._tries_left == 0 or self._now() >= self._ends:
                return None
            if compare_digest(given.encode(errors="replace"), self.code.encode()):
                self._tries_left = 0
                return self._key
            self._tries_left -= 1
            return None


def may_have_code(headers: Mapping[str, str]) -> bool:
    """Whether a request's head is one with a code: short, JSON, and not of another page.

    A page of another origin can post JSON only if FACE_CORS_ORIGINS allows it. Then, too, browsers
    say that the request is not of this origin, and its wrong codes count as no try.

    Args:
        headers: names in lower case.
    """
    length = headers.get("content-length", "")
    is_short = length.isascii() and length.isdecimal() and len(length) <= _LENGTH_DIGITS
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    is_own = headers.get("sec-fetch-site", "same-origin") == "same-origin"
    return is_short and is_own and kind == "application/json"


def read_code(body: bytes) -> str:
    """The code of a request's body; empty where the body is no such JSON."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    code = content.get("code", "") if isinstance(content, dict) else ""
    return code if isinstance(code, str) else ""
