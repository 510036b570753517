"""Access over HTTP: keys, tokens, the rate limit, TLS and their headers."""

from __future__ import annotations

import json
import shlex
import ssl
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import jwt
import pytest
from azure.storage.blob import BlobServiceClient
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait
from tests.unit.api.access.loopback import Loopback, serving

TENANT = "11111111-2222-3333-4444-555555555555"
GROUPS = "/face/v1.2/persongroups"
PAGE = "https://app.example"
"""The origin whose pages may call the service."""


@pytest.fixture(scope="module")
def signing_key() -> rsa.RSAPrivateKey:
    """The tenant's signing key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def tenant(signing_key: rsa.RSAPrivateKey) -> Iterator[Loopback]:
    """URL of the tenant's public key."""
    public = jwt.algorithms.RSAAlgorithm.to_jwk(signing_key.public_key(), as_dict=True)
    with serving({"keys": [{**public, "kid": "one", "use": "sig"}]}) as loopback:
        yield loopback


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, tenant: Loopback) -> Iterator[RunningService]:
    """A service over https that accepts tokens and allows each caller two concurrent requests."""
    environment = {
        "TLS": "1",
        "FACE_ENTRA_TENANT_ID": TENANT,
        "FACE_ENTRA_AUDIENCE": "api://lineament",
        "FACE_ENTRA_AUTHORITY": tenant.url,
        "FACE_RATE_LIMIT": "0.02,2",
        "FACE_KEYS": "first,second,third",
        "FACE_CORS_ORIGINS": PAGE,
    }
    with RunningService(tmp_path_factory.mktemp("guarded"), environment) as running:
        yield running


def client(service: RunningService, **headers: str) -> httpx.Client:
    """A client that trusts the service's own certificate and sends these headers."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    context = ssl.create_default_context(cafile=str(service.data / "tls" / "certificate.pem"))
    return httpx.Client(base_url=service.url, headers=named, verify=context, timeout=60)


def token(key: rsa.RSAPrivateKey, issuer: str, **changes: object) -> str:
    """An access token of a new caller."""
    now = int(time.time())
    claims = {
        "iss": issuer,
        "aud": "api://lineament",
        "nbf": now,
        "exp": now + 600,
        "oid": str(uuid.uuid4()),
        "azp": "client",
        **changes,
    }
    return jwt.encode(claims, key, "RS256", headers={"kid": "one"})


def test_https_is_served_with_a_certificate_of_its_own(guarded: RunningService) -> None:
    assert guarded.url.startswith("https://")
    with client(guarded, ocp_apim_subscription_key="first") as caller:
        answer = caller.get(GROUPS)
        trained = caller.post(f"{GROUPS}/none/train")
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert trained.status_code == 404
    assert "Retry-After" not in trained.headers, "clients retry every response with Retry-After"
    with pytest.raises(httpx.ConnectError), httpx.Client() as stranger:
        stranger.get(guarded.url)


def test_the_line_to_try_works_as_it_is_printed(guarded: RunningService) -> None:
    (line,) = (text for text in guarded.lines if text.startswith("try: "))
    line = line.replace("first", "third")
    done = subprocess.run(
        shlex.split(line.removeprefix("try: ")), capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


def test_uploads_are_worked_on_over_https_too(guarded: RunningService) -> None:
    with BlobServiceClient.from_connection_string(guarded.storage) as storage:
        storage.get_blob_client("uploads", "a.jpg").upload_blob(portrait("person_a_1").read_bytes())
        result = storage.get_blob_client("results", "a.jpg.json")
        assert eventually(lambda: True if result.exists() else None)


def test_a_token_lets_its_owner_in(
    guarded: RunningService, tenant: Loopback, signing_key: rsa.RSAPrivateKey
) -> None:
    issuer = f"{tenant.url}/{TENANT}/v2.0"
    good = token(signing_key, issuer)
    with client(guarded, authorization=f"Bearer {good}") as caller:
        assert caller.get(GROUPS).status_code == 200
    for bad in (
        token(signing_key, issuer, aud="api://another"),
        token(signing_key, "https://another/"),
        token(rsa.generate_private_key(public_exponent=65537, key_size=2048), issuer),
        token(signing_key, issuer, exp=int(time.time()) - 120),
        "nonsense",
    ):
        with client(guarded, authorization=f"Bearer {bad}") as caller:
            refused = caller.get(GROUPS)
        assert refused.status_code == 401
        assert refused.json()["error"]["code"] == "401"
        assert refused.json()["error"]["message"].startswith("Access denied: the access token ")
        assert refused.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')
        assert bad not in refused.text
        assert "Retry-After" not in refused.headers


def test_a_key_that_calls_too_often_must_wait(guarded: RunningService) -> None:
    with client(guarded, ocp_apim_subscription_key="second", origin=PAGE) as caller:
        answers = [caller.get(GROUPS) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json() == {"error": {"code": "429", "message": "Rate limit is exceeded."}}
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 50
    assert {one.headers["access-control-allow-origin"] for one in answers} == {PAGE}
    with client(guarded, ocp_apim_subscription_key="wrong") as stranger:
        assert [stranger.get(GROUPS).status_code for _ in range(3)] == [401, 401, 401]


def test_the_key_of_the_certificate_is_private(guarded: RunningService) -> None:
    key: Path = guarded.data / "tls" / "key.pem"
    assert key.stat().st_mode & 0o077 == 0
    assert b"PRIVATE KEY" not in (guarded.data / "host.log").read_bytes()


def test_plain_http_has_no_hsts_and_train_returns_the_address_to_poll(
    service: RunningService,
) -> None:
    path = f"persongroups/headers-{uuid.uuid4().hex[:8]}"
    created = service.call("PUT", path, {"name": "a"})
    assert "Strict-Transport-Security" not in created.headers
    assert "Access-Control-Expose-Headers" not in created.headers
    started = service.call("POST", f"{path}/train")
    assert started.headers["Access-Control-Expose-Headers"] == "Operation-Location"
    assert started.headers["Retry-After"] == "1"
    wrong = service.call("POST", path)
    assert wrong.status_code == 405
    assert set(wrong.headers["Allow"].split(", ")) == {"GET", "PUT", "PATCH", "DELETE"}
    assert "Retry-After" not in wrong.headers
    unknown = service.call("GET", "nothing")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "404")
