"""Validates access tokens of Entra ID.

A token must have an RS256 signature by a key of the tenant, the right issuer and audience, be valid
already and not expired. PyJWT checks this; this module states it and caches the tenant's keys.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt

from shared.domain.clock import Clock
from shared.domain.errors import CallerNotAllowed, InvalidToken, Unavailable

_log = logging.getLogger(__name__)

_ALGORITHM = "RS256"
_LONGEST_TOKEN = 16_384
_LEEWAY = timedelta(seconds=60)
"""Tolerated difference between the clocks."""
_FRESH_FOR = timedelta(hours=12)
_BETWEEN_FETCHES = timedelta(seconds=30)
"""Minimum time between two fetches that tokens with unknown keys trigger."""

_REASONS: tuple[tuple[type[jwt.InvalidTokenError], str], ...] = (
    (jwt.ExpiredSignatureError, "has expired"),
    (jwt.ImmatureSignatureError, "is not valid yet"),
    (jwt.InvalidIssuerError, "is not of this service's tenant"),
    (jwt.InvalidAudienceError, "is not meant for this service"),
    (jwt.InvalidSignatureError, "has a wrong signature"),
    (jwt.MissingRequiredClaimError, "lacks a claim that every access token has"),
)
_MALFORMED = "is malformed"


class SigningKeys:
    """The tenant's public keys, fetched when the first token arrives.

    An unknown key is fetched at once, but at most every 30 seconds. Keys older than 12 hours are
    fetched again in the background; until that succeeds the old ones are used.

    Args:
        fetch: returns a JSON Web Key Set (RFC 7517 §5); raises Unavailable.
    """

    def __init__(self, fetch: Callable[[], object], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched: datetime | None = None
        self._tried: datetime | None = None

    def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key of that id, or None.

        Raises:
            Unavailable: the key is unknown and the tenant's keys cannot be fetched.
        """
        key = self._keys.get(key_id)
        if key is None:
            return self._fetch_key(key_id)
        if self._fetched is None or self._clock.now() - self._fetched > _FRESH_FOR:
            self._refresh_in_background()
        return key

    def _fetch_key(self, key_id: str) -> jwt.PyJWK | None:
        with self._lock:
            if key_id not in self._keys and self._may_fetch():
                self._replace()
            if self._fetched is None or self._fetched != self._tried:
                raise Unavailable("Tokens cannot be verified now. Try again in a moment.")
            return self._keys.get(key_id)

    def _refresh_in_background(self) -> None:
        def refresh() -> None:
            with self._lock:
                if self._may_fetch():
                    self._replace()

        if self._may_fetch():
            threading.Thread(target=refresh, name="signing-keys", daemon=True).start()

    def _may_fetch(self) -> bool:
        return self._tried is None or self._clock.now() - self._tried >= _BETWEEN_FETCHES

    def _replace(self) -> None:
        """Fetch once; after a failure, which is logged, the keys stay as they are."""
        self._tried = self._clock.now()
        try:
            self._keys = _read_keys(self._fetch())
        except Unavailable as error:
            _log.warning("the tenant's signing keys could not be fetched: %s", error.message)
        else:
            self._fetched = self._tried


class EntraTokens:
    """A TokenVerifier for one tenant.

    Args:
        issuers: accepted values of ``iss``.
        audiences: accepted values of ``aud``.
        callers: accepted ``oid`` claims; empty: all.
    """

    def __init__(
        self,
        keys: SigningKeys,
        *,
        issuers: Collection[str],
        audiences: Collection[str],
        callers: Collection[str] = (),
    ) -> None:
        self._keys = keys
        self._issuers = list(issuers)
        self._audiences = list(audiences)
        self._callers = frozenset(callers)

    def caller(self, token: str) -> str:
        """The object id of the token's owner.

        Raises:
            InvalidToken: the token is not valid.
            CallerNotAllowed: its owner is not on the list.
            Unavailable: the tenant's keys cannot be fetched.
        """
        if len(token) > _LONGEST_TOKEN:
            raise InvalidToken("is too long")
        claims = self._claims(token, self._key(token))
        # Version 1 tokens name the client in appid, version 2 in azp; ID tokens name none.
        if not (claims.get("azp") or claims.get("appid")):
            raise InvalidToken("is not an access token")
        owner = claims.get("oid")
        if not isinstance(owner, str) or not owner:
            raise InvalidToken("lacks a claim that every access token has")
        if self._callers and owner.lower() not in self._callers:
            raise CallerNotAllowed
        return owner.lower()

    def _key(self, token: str) -> jwt.PyJWK:
        """The key that the token names; a wrong algorithm is rejected before any fetch."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError:
            raise InvalidToken(_MALFORMED) from None
        if header.get("alg") != _ALGORITHM:
            raise InvalidToken(f"is not signed with {_ALGORITHM}")
        key_id = header.get("kid")
        if not isinstance(key_id, str):
            raise InvalidToken("does not say which key signed it")
        key = self._keys.find(key_id)
        if key is None:
            raise InvalidToken("is signed with a key that the tenant does not have")
        return key

    def _claims(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                issuer=self._issuers,
                audience=self._audiences,
                leeway=_LEEWAY,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.InvalidTokenError as error:
            reason = next((text for kind, text in _REASONS if isinstance(error, kind)), _MALFORMED)
            raise InvalidToken(reason) from None


def _read_keys(document: object) -> dict[str, jwt.PyJWK]:
    """The RSA signing keys of a key set by id; other keys are left out.

    Raises:
        Unavailable: it is not a key set.
    """
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise Unavailable("The response is not a JWK set.")
    keys: dict[str, jwt.PyJWK] = {}
    for item in listed:
        if not isinstance(item, dict) or item.get("kty") != "RSA" or item.get("use") == "enc":
            continue
        key_id = item.get("kid")
        if isinstance(key_id, str):
            try:
                keys[key_id] = jwt.PyJWK(item, _ALGORITHM)
            except jwt.PyJWTError:
                _log.warning("the tenant's key set has a key that cannot be read")
    return keys
