"""Entra ID tokens: valid ones are accepted, all others are rejected with their reason."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.api.access.entra import EntraTokens, SigningKeys
from shared.domain.errors import CallerNotAllowed, InvalidToken, Unavailable
from shared.network.json_documents import fetch_json
from tests.doubles.clocks import ManualClock
from tests.unit.api.access.loopback import Loopback, serving

TENANT = "11111111-2222-3333-4444-555555555555"
OWNER = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
ISSUERS = (
    f"https://login.microsoftonline.com/{TENANT}/v2.0",
    f"https://sts.windows.net/{TENANT}/",
)
AUDIENCE = "api://lineament"
FIRST = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SECOND = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_set(**keys: rsa.RSAPrivateKey) -> dict[str, Any]:
    """The public keys, as Entra ID publishes them."""
    return {
        "keys": [
            {
                **jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True),
                "kid": key_id,
                "use": "sig",
            }
            for key_id, key in keys.items()
        ]
    }


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a valid token; None leaves one out."""
    now = int(time.time())
    good = {
        "iss": ISSUERS[0],
        "aud": AUDIENCE,
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        "oid": OWNER,
        "azp": "client",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def token(key: rsa.RSAPrivateKey = FIRST, key_id: str = "first", **changes: Any) -> str:
    """A signed token."""
    return jwt.encode(claims(**changes), key, "RS256", headers={"kid": key_id})


def part(content: dict[str, Any]) -> str:
    """A part of a token, base64url encoded."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


@pytest.fixture
def published() -> Iterator[Loopback]:
    """URL of the tenant's keys."""
    with serving(key_set(first=FIRST)) as loopback:
        yield loopback


@pytest.fixture
def clock() -> ManualClock:
    """The clock that the keys' age is measured by; PyJWT uses the system's."""
    return ManualClock()


@pytest.fixture
def tokens(published: Loopback, clock: ManualClock) -> EntraTokens:
    """A verifier that accepts every member of the tenant."""
    return verifier(published, clock)


def verifier(published: Loopback, clock: ManualClock, *callers: str) -> EntraTokens:
    """A verifier that fetches keys over HTTP."""
    keys = SigningKeys(partial(fetch_json, f"{published.url}/keys"), clock)
    return EntraTokens(keys, issuers=ISSUERS, audiences=[AUDIENCE], callers=callers)


@pytest.mark.parametrize("issuer", ISSUERS)
def test_a_valid_token_identifies_its_owner(
    tokens: EntraTokens, published: Loopback, issuer: str
) -> None:
    assert published.asked == [], "no key is fetched before the first token comes"
    assert tokens.caller(token(iss=issuer)) == OWNER
    assert tokens.caller(token(iss=issuer)) == OWNER
    assert published.asked == [("/keys", "")], "keys are fetched once"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://sts.windows.net/another/"}, "is not of this service's tenant"),
        ({"iss": None}, "lacks a claim that every access token has"),
        ({"aud": "api://another"}, "is not meant for this service"),
        ({"aud": None}, "lacks a claim that every access token has"),
        ({"exp": int(time.time()) - 120}, "has expired"),
        ({"exp": None}, "lacks a claim that every access token has"),
        # A day: the time is read when tests are collected, and the suite takes minutes.
        ({"nbf": int(time.time()) + 86_400}, "is not valid yet"),
        ({"azp": None}, "is not an access token"),
        ({"oid": None}, "lacks a claim that every access token has"),
    ],
)
def test_a_token_with_wrong_claims_is_refused(
    tokens: EntraTokens, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidToken) as caught:
        tokens.caller(token(**changes))
    assert caught.value.reason == reason


def test_another_key_s_signature_under_a_known_name_is_refused(tokens: EntraTokens) -> None:
    with pytest.raises(InvalidToken, match="wrong signature"):
        tokens.caller(token(SECOND, "first"))


def test_changed_claims_are_refused(tokens: EntraTokens) -> None:
    header, _, signature = token().split(".")
    with pytest.raises(InvalidToken, match="wrong signature"):
        tokens.caller(f"{header}.{part(claims(oid=TENANT))}.{signature}")


def test_a_token_without_a_signature_is_refused_unfetched(
    tokens: EntraTokens, published: Loopback
) -> None:
    for algorithm in ("none", "None", "NONE"):
        unsigned = f"{part({'alg': algorithm, 'kid': 'first'})}.{part(claims())}."
        with pytest.raises(InvalidToken, match="RS256"):
            tokens.caller(unsigned)
    assert published.asked == []


def test_the_public_key_is_no_secret_to_sign_with(tokens: EntraTokens) -> None:
    # PyJWT itself refuses to make such a token, so it is made by hand.
    public = FIRST.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{part({'alg': 'HS256', 'kid': 'first'})}.{part(claims())}"
    mac = hmac.new(public, signed.encode(), hashlib.sha256).digest()
    forged = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    with pytest.raises(InvalidToken, match="RS256"):
        tokens.caller(forged)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "..", "e30.e30.e30", "é.é.é"])
def test_what_is_no_token_is_refused(tokens: EntraTokens, text: str) -> None:
    with pytest.raises(InvalidToken):
        tokens.caller(text)


def test_a_token_of_unbounded_length_is_refused_unread(tokens: EntraTokens) -> None:
    with pytest.raises(InvalidToken, match="too long"):
        tokens.caller("a" * 16_385)


def test_made_up_keys_make_us_fetch_once_in_thirty_seconds(
    tokens: EntraTokens, published: Loopback, clock: ManualClock
) -> None:
    for number in range(20):
        with pytest.raises(InvalidToken, match="does not have"):
            tokens.caller(token(SECOND, f"unknown-{number}"))
    assert len(published.asked) == 1
    clock.advance(30)
    with pytest.raises(InvalidToken, match="does not have"):
        tokens.caller(token(SECOND, "unknown"))
    assert len(published.asked) == 2


def test_a_new_key_of_the_tenant_is_found_without_a_restart(
    tokens: EntraTokens, published: Loopback, clock: ManualClock
) -> None:
    tokens.caller(token())
    published.answer = key_set(first=FIRST, second=SECOND)
    clock.advance(31)
    assert tokens.caller(token(SECOND, "second")) == OWNER
    assert tokens.caller(token()) == OWNER


def test_a_key_that_the_tenant_withdrew_ends(
    tokens: EntraTokens, published: Loopback, clock: ManualClock
) -> None:
    tokens.caller(token())
    published.answer = key_set(second=SECOND)
    clock.advance(31)
    tokens.caller(token(SECOND, "second"))
    with pytest.raises(InvalidToken, match="does not have"):
        tokens.caller(token())


def test_old_keys_are_fetched_again_in_the_background(
    tokens: EntraTokens, published: Loopback, clock: ManualClock
) -> None:
    tokens.caller(token())
    published.answer = key_set(second=SECOND)
    clock.advance(13 * 3600)
    assert tokens.caller(token()) == OWNER, "no request waits for the fetch"
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            tokens.caller(token())
        except InvalidToken:
            break
        time.sleep(0.01)
    with pytest.raises(InvalidToken, match="does not have"):
        tokens.caller(token())


def test_known_keys_are_used_while_the_tenant_cannot_be_reached(
    tokens: EntraTokens, published: Loopback, clock: ManualClock
) -> None:
    tokens.caller(token())
    published.status = 500
    clock.advance(31)
    with pytest.raises(Unavailable):
        tokens.caller(token(SECOND, "second"))
    assert tokens.caller(token()) == OWNER


@pytest.mark.parametrize(
    "answer",
    [b"<html>", b"[" * 5_000, b'{"keys": "\xff"}', [], {"keys": {}}, {"keys": [{"kty": "oct"}]}],
)
def test_no_caller_is_admitted_before_the_tenants_keys_are_known(
    tokens: EntraTokens, published: Loopback, answer: object
) -> None:
    published.answer = answer
    with pytest.raises((Unavailable, InvalidToken)):
        tokens.caller(token())


def test_only_callers_on_the_list_are_let_in(published: Loopback, clock: ManualClock) -> None:
    assert verifier(published, clock, OWNER).caller(token(oid=OWNER.upper())) == OWNER
    with pytest.raises(CallerNotAllowed):
        verifier(published, clock, TENANT).caller(token())
