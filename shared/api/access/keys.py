"""Authenticates callers by keys, which are read every 30 seconds, or by tokens."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from shared.api.http import Request
from shared.domain.clock import Clock
from shared.domain.errors import InvalidSettings, Unauthorized, Unavailable

_log = logging.getLogger(__name__)

KEY_SETTING = "FACE_KEYS"
_KEY_HEADER = "ocp-apim-subscription-key"
_KEY_PARAMETER = "subscription-key"
_REREAD_AFTER = timedelta(seconds=30)
_RETRY_AFTER = timedelta(seconds=2)
"""After a failed first read."""
_NO_KEYS_YET = "The service cannot read its callers' keys now. Try again in a moment."


class KeySource(Protocol):
    """A source of the callers' keys."""

    def keys(self) -> tuple[str, ...]:
        """The valid keys."""
        ...


class TokenVerifier(Protocol):
    """Identifies the owner of a token."""

    def caller(self, token: str) -> str:
        """The owner of the token.

        Raises:
            Unauthorized: the token is not valid, or its owner is not accepted.
            Unavailable: it cannot be verified now.
        """
        ...


class EnvironmentKeys:
    """Keys from the environment variable FACE_KEYS, separated by commas."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment

    def keys(self) -> tuple[str, ...]:
        """The valid keys."""
        return _split(self._environment.get(KEY_SETTING, ""))


class FileKeys:
    """Keys from FACE_KEYS in a local.settings.json."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keys(self) -> tuple[str, ...]:
        """The valid keys.

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
    """Caches the keys of another source for 30 seconds, so that they rotate without a restart.

    While the source is unavailable, the last keys stay valid; before the first read no key is
    valid.
    """

    def __init__(self, source: KeySource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._read: tuple[str, ...] | None = None
        self._looked: datetime | None = None

    def keys(self) -> tuple[str, ...]:
        """The keys as they were at most 30 seconds ago.

        Raises:
            Unavailable, InvalidSettings: they have never been read.
        """
        with self._lock:
            if self._is_due():
                self._look()
            if self._read is None:
                raise Unavailable(_NO_KEYS_YET)
            return self._read

    def _is_due(self) -> bool:
        if self._looked is None:
            return True
        wait = _REREAD_AFTER if self._read is not None else _RETRY_AFTER
        # If the clock was set back, the age is negative: read again.
        return not timedelta(0) <= self._clock.now() - self._looked < wait

    def _look(self) -> None:
        try:
            self._read = self._source.keys()
        except (Unavailable, InvalidSettings) as error:
            if self._read is None and isinstance(error, InvalidSettings):
                raise
            _log.warning("the keys could not be read: %s", error.message)
        finally:
            self._looked = self._clock.now()


class Authenticator:
    """Accepts callers with a key or, if configured, with a token.

    Args:
        tokens: None: keys only.
    """

    def __init__(self, keys: KeySource, tokens: TokenVerifier | None = None) -> None:
        self._keys = keys
        self._tokens = tokens

    def check(self, request: Request) -> str:
        """Check the key in the header or the query; without a key, the token.

        Returns:
            The caller's name, which distinguishes callers and reveals no key.

        Raises:
            Unauthorized: there is no valid key or token.
            Unavailable: the keys cannot be read.
        """
        given = request.headers.get(_KEY_HEADER) or request.query.get(_KEY_PARAMETER) or ""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not given and self._tokens is not None and scheme.lower() == "bearer":
            return f"token:{self._tokens.caller(token.strip())}"
        digest = _digest(given)
        # Every key is compared in constant time, so that durations reveal nothing.
        valid = self._keys.keys()
        matches = [hmac.compare_digest(digest, _digest(key)) for key in valid]
        if not given or not any(matches):
            raise Unauthorized
        return f"key:{digest.hex()}"


def _split(text: str) -> tuple[str, ...]:
    return tuple(key.strip() for key in text.split(",") if key.strip())


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
