"""Who may call: keys, read again every 30 seconds, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from shared.api.http import Request
from shared.faces.clock import Clock
from shared.faces.errors import InvalidSettings, Unauthorized

KEY_SETTING = "FACE_KEYS"
_KEY_HEADER = "ocp-apim-subscription-key"
_KEY_PARAMETER = "subscription-key"
_REREAD_AFTER = timedelta(seconds=30)


class KeySource(Protocol):
    """Where the callers' keys are kept."""

    def keys(self) -> tuple[str, ...]:
        """The keys that are valid now."""
        ...


class EnvironmentKeys:
    """Keys from the environment variable FACE_KEYS, separated by commas."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment

    def keys(self) -> tuple[str, ...]:
        """The keys that are valid now."""
        return _split(self._environment.get(KEY_SETTING, ""))


class FileKeys:
    """Keys from FACE_KEYS in a local.settings.json."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keys(self) -> tuple[str, ...]:
        """The keys that are valid now.

        Raises:
            InvalidSettings: the file cannot be read.
        """
        try:
            values = json.loads(self._path.read_text("utf-8"))["Values"]
            return _split(values[KEY_SETTING])
        except (OSError, ValueError, KeyError, TypeError) as error:
            problem = f"{self._path.name} must be readable and have {KEY_SETTING} under Values."
            raise InvalidSettings([problem]) from error


class RereadKeys:
    """Keeps the keys of another source for 30 seconds, so that they rotate without a restart."""

    def __init__(self, source: KeySource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._read: tuple[datetime, tuple[str, ...]] | None = None

    def keys(self) -> tuple[str, ...]:
        """The keys as they were at most 30 seconds ago."""
        with self._lock:
            now = self._clock.now()
            if self._read is None or not now - self._read[0] < _REREAD_AFTER:
                self._read = (now, self._source.keys())
            return self._read[1]


class Authenticator:
    """Lets in who has a key."""

    def __init__(self, keys: KeySource) -> None:
        self._keys = keys

    def check(self, request: Request) -> None:
        """Look for a valid key in the header or the query.

        Raises:
            Unauthorized: there is none.
        """
        given = request.headers.get(_KEY_HEADER) or request.query.get(_KEY_PARAMETER) or ""
        digest = _digest(given)
        # Every key is compared, each in constant time, so that time tells nothing.
        valid = self._keys.keys()
        matches = [hmac.compare_digest(digest, _digest(key)) for key in valid]
        if not given or not any(matches):
            raise Unauthorized


def _split(text: str) -> tuple[str, ...]:
    return tuple(key.strip() for key in text.split(",") if key.strip())


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
