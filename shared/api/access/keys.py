"""Authenticates callers by keys, which are read again every 30 seconds, or by tokens."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import msgspec

from shared.api.http import Request
from shared.domain.clock import Clock
from shared.domain.errors import InvalidSettings, LineamentError, Unauthorized, Unavailable

_log = logging.getLogger(__name__)

KEY_SETTING = "FACE_KEYS"
KEY_HEADER = "Ocp-Apim-Subscription-Key"
KEY_PARAMETER = "subscription-key"
"""Name of the query parameter."""
_REREAD_AFTER = timedelta(seconds=30)
_RETRY_AFTER = timedelta(seconds=2)
"""Time until the next attempt while the keys have never been read."""
_PATIENCE = 0.1
"""Seconds that the request which starts reading waits for the result."""
_FIRST_PATIENCE = 6.0
"""Seconds that requests wait for the first result; Key Vault takes five at most."""
_STALE_AFTER = timedelta(minutes=10)
STALE_KEYS_REPORT = "the callers' keys could not be read for ten minutes"
"""Message of a log line at level ERROR; set an alert on it."""
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


class _Values(msgspec.Struct):
    keys: str = msgspec.field(name=KEY_SETTING)


class _SettingsFile(msgspec.Struct):
    """The used members of a local.settings.json."""

    values: _Values = msgspec.field(name="Values")


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
            settings = msgspec.json.decode(self._path.read_bytes(), type=_SettingsFile)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            problem = f"{self._path.name} must be readable and have {KEY_SETTING} under Values."
            raise InvalidSettings([problem]) from error
        return _split(settings.values.keys)


class RereadKeys:
    """Caches the keys of another source for 30 seconds, so that they rotate without a restart.

    The source is read in the background, by one thread at a time: while it is slow or cannot be
    reached, requests are checked against the last keys. Until it has been read once, no caller is
    admitted.
    """

    def __init__(self, source: KeySource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._read: tuple[str, ...] | None = None
        self._read_at: datetime | None = None
        self._tried: datetime | None = None
        self._fault: LineamentError | None = None
        self._reading: threading.Event | None = None

    def keys(self) -> tuple[str, ...]:
        """The keys, at most 30 seconds old while their source can be read.

        Raises:
            Unavailable, InvalidSettings: they have not been read yet.
        """
        with self._lock:
            begun = self._reading is None and self._is_due()
            if begun:
                self._reading = threading.Event()
                threading.Thread(target=self._refresh, name="caller-keys", daemon=True).start()
            reading, known = self._reading, self._read is not None
        if reading is not None and (begun or not known):
            reading.wait(_PATIENCE if known else _FIRST_PATIENCE)
        with self._lock:
            if self._read is not None:
                return self._read
            if isinstance(self._fault, InvalidSettings):
                raise self._fault
            raise Unavailable(_NO_KEYS_YET)

    def _is_due(self) -> bool:
        if self._tried is None:
            return True
        wait = _REREAD_AFTER if self._read is not None else _RETRY_AFTER
        # The age is negative after the clock was set back.
        return not timedelta(0) <= self._clock.now() - self._tried < wait

    def _refresh(self) -> None:
        found: tuple[str, ...] | None = None
        fault: LineamentError | None = None
        try:
            found = self._source.keys()
        except (Unavailable, InvalidSettings) as error:
            fault = error
            _log.warning("the keys could not be read: %s", error.message)
        finally:
            self._end_reading(found, fault)

    def _end_reading(self, found: tuple[str, ...] | None, fault: LineamentError | None) -> None:
        with self._lock:
            self._tried = self._clock.now()
            self._fault = fault
            if found is not None:
                self._read, self._read_at = found, self._tried
            elif self._read_at is not None and self._tried - self._read_at >= _STALE_AFTER:
                _log.error(STALE_KEYS_REPORT)
            if self._reading is not None:
                self._reading.set()
                self._reading = None


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
        given = request.headers.get(KEY_HEADER.lower()) or _key_in_query(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not given and self._tokens is not None and scheme.lower() == "bearer":
            return f"token:{self._tokens.caller(token.strip())}"
        digest = _digest(given)
        # All keys are compared, in constant time, so that durations reveal nothing.
        valid = self._keys.keys()
        matches = [hmac.compare_digest(digest, _digest(key)) for key in valid]
        if not given or not any(matches):
            raise Unauthorized
        return f"key:{digest.hex()}"


def _key_in_query(request: Request) -> str:
    """The key in the query; names are compared in any case. Empty: there is none."""
    named = (text for name, text in request.query.items() if name.lower() == KEY_PARAMETER)
    return next(named, "")


def _split(text: str) -> tuple[str, ...]:
    return tuple(key.strip() for key in text.split(",") if key.strip())


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
