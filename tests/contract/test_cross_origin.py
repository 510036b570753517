"""Pages of chosen origins may call the host; preflights need no key, errors have the headers."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from local.http.body import LIMIT_BYTES
from tests.contract.running_host import RunningHost

APP = "https://app.example"
ASKED = {
    "origin": APP,
    "access-control-request-method": "PUT",
    "access-control-request-headers": "content-type,ocp-apim-subscription-key",
}

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    data = tmp_path_factory.mktemp("host")
    settings = {"Values": {}, "Host": {"CORS": f"{APP},http://localhost:5173"}}
    (data / "local.settings.json").write_text(json.dumps(settings))
    with RunningHost(data) as running:
        yield running


def allowed(answer: httpx.Response) -> str | None:
    found: str | None = answer.headers.get("access-control-allow-origin")
    return found


@pytest.mark.parametrize("path", ["/health", "/with-key", "/face/v1.0/detect", "/nowhere", "/"])
def test_a_preflight_is_answered_on_every_route_before_the_key(
    host: RunningHost, path: str
) -> None:
    answer = host.http.options(path, headers=ASKED)
    assert (answer.status_code, answer.content, allowed(answer)) == (204, b"", APP)
    assert answer.headers["access-control-allow-methods"] == "PUT"
    assert answer.headers["access-control-allow-headers"] == ASKED["access-control-request-headers"]
    assert answer.headers["access-control-max-age"] == "7200"
    assert answer.headers["vary"] == "Origin"


def test_a_preflight_of_another_origin_allows_nothing(host: RunningHost) -> None:
    answer = host.http.options("/health", headers={**ASKED, "origin": "https://other.example"})
    assert (answer.status_code, answer.headers["vary"]) == (204, "Origin")
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_preflight_allows_no_header_that_is_not_a_list_of_names(host: RunningHost) -> None:
    odd = {**ASKED, "access-control-request-headers": 'x: y; "z"'}
    answer = host.http.options("/health", headers=odd)
    assert "access-control-allow-headers" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/with-key", 401),
        ("GET", "/nowhere", 404),
        ("GET", "/fail", 500),
        ("DELETE", "/empty", 202),
        ("GET", f"/health?{'x' * 9000}", 414),
    ],
)
def test_answers_and_errors_have_the_headers(
    host: RunningHost, method: str, path: str, status: int
) -> None:
    answer = host.http.request(method, path, headers={"origin": APP})
    assert (answer.status_code, allowed(answer)) == (status, APP)
    assert answer.headers["access-control-expose-headers"] == "*"
    assert allowed(host.http.request(method, path)) is None
    assert allowed(host.http.request(method, path, headers={"origin": "https://x.example"})) is None


def test_a_body_that_is_too_large_is_refused_with_the_headers(host: RunningHost) -> None:
    address = urlsplit(host.url)
    with socket.create_connection((str(address.hostname), address.port or 0)) as connection:
        head = f"PUT /size HTTP/1.1\r\nHost: x\r\nOrigin: {APP}\r\n"
        head += f"Content-Length: {LIMIT_BYTES + 1}\r\n\r\n"
        connection.sendall(head.encode() + bytes(LIMIT_BYTES + 1))
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413")
    assert f"access-control-allow-origin: {APP}\r\n".encode() in answer


def test_an_options_request_that_is_no_preflight_reaches_the_function(host: RunningHost) -> None:
    answer = host.http.options("/face/x", headers={"origin": APP}).json()
    assert (answer["function"], answer["method"]) == ("zz_everything", "OPTIONS")
