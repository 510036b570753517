"""Every route lets a page of a chosen origin read its answers: preflights, results and errors."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from function_app import OPERATIONS
from shared.api.operations import Operation
from tests.end_to_end.service import RunningService
from tests.images import portrait
from tools.measure.routes import sample_path

APP = "https://app.example"
ORIGIN = {"Origin": APP}
DETECT = "/face/v1.2/detect"
PAGES = ("/", "/health", "/docs", "/openapi.json", "/console", "/console/main.js", "/nowhere")
IMAGE = {"Content-Type": "application/octet-stream"}


@pytest.fixture(scope="module")
def open_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that one origin may call, with a small queue."""
    settings = {
        "FACE_CORS_ORIGINS": APP,
        "FACE_INFERENCE_CONCURRENCY": "1",
        "FACE_INFERENCE_WAITING": "1",
    }
    with RunningService(tmp_path_factory.mktemp("open"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def without_key(open_service: RunningService) -> Iterator[httpx.Client]:
    """A client of that service that has no key."""
    with httpx.Client(base_url=open_service.url, headers=ORIGIN, timeout=60) as client:
        yield client


def paths(operation: Operation) -> list[str]:
    """A path of the operation in each version that has it."""
    names = [name for name in operation.api.versions if operation.is_in(name)]
    return [sample_path(operation.route.replace("{version}", name)) for name in names]


def marked(answer: httpx.Response) -> bool:
    """Whether a page of the origin can read the answer and all of its headers."""
    headers = answer.headers
    return (
        headers.get_list("access-control-allow-origin") == [APP]
        and headers["access-control-expose-headers"] == "*"
        and "origin" in headers["vary"].lower()
    )


def test_a_preflight_of_every_route_is_answered_without_a_key(without_key: httpx.Client) -> None:
    every = {(one.method, path) for one in OPERATIONS for path in paths(one)}
    every |= {("GET", page) for page in PAGES}
    assert len(every) > len(OPERATIONS)
    for method, path in sorted(every):
        asked = {
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type,idempotency-key,"
            "ocp-apim-subscription-key",
        }
        answer = without_key.options(path, headers=asked)
        assert (answer.status_code, answer.content) == (204, b""), path
        assert answer.headers["access-control-allow-origin"] == APP
        assert answer.headers["access-control-allow-methods"] == method
        allowed = answer.headers["access-control-allow-headers"]
        assert allowed == asked["Access-Control-Request-Headers"]


def test_answers_of_every_route_can_be_read_with_and_without_a_key(
    open_service: RunningService, without_key: httpx.Client
) -> None:
    for operation in OPERATIONS:
        path = paths(operation)[-1]
        refused = without_key.request(operation.method, path)
        assert (refused.status_code, marked(refused)) == (401, True), operation.name
        answer = open_service.client.request(operation.method, path, headers=ORIGIN)
        assert answer.status_code != 401
        assert marked(answer), operation.name
    for page in PAGES:
        for method in ("GET", "HEAD"):
            assert marked(without_key.request(method, page)), (method, page)


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("GET", "/face/v1.2/persongroups", {}, None, 200),
        ("HEAD", "/docs", {}, None, 200),
        ("HEAD", DETECT, {}, None, 405),
        ("PATCH", DETECT, {}, None, 405),
        ("DELETE", "/lineament/v1/recognize", {}, None, 405),
        ("OPTIONS", DETECT, {}, None, 405),
        ("GET", "/face/v9.9/persongroups", {}, None, 404),
        ("GET", "/face/v1.2/persongroups/missing", {}, None, 404),
        ("POST", DETECT, IMAGE, b"no image " * 200, 400),
        ("POST", DETECT, IMAGE, b"", 400),
        ("POST", DETECT, IMAGE, iter([b""]), 411),
        ("POST", DETECT, {"Content-Type": "multipart/form-data"}, b"x" * 2_000, 415),
        ("GET", "/lineament/v1/persons", {}, None, 400),
        ("GET", "/health", {f"x-{number}": "y" for number in range(101)}, None, 431),
        ("GET", "/health?" + "x" * 9_000, {}, None, 414),
    ],
)
def test_a_page_can_read_every_status(
    open_service: RunningService,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes | Iterator[bytes] | None,
    status: int,
) -> None:
    answer = open_service.client.request(method, path, headers={**ORIGIN, **headers}, content=body)
    assert (answer.status_code, marked(answer)) == (status, True)


def test_a_page_can_read_that_the_service_is_busy(open_service: RunningService) -> None:
    image = portrait("person_a_1").read_bytes()

    def detect(_: int) -> httpx.Response:
        return open_service.client.post(DETECT, content=image, headers={**ORIGIN, **IMAGE})

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(detect, range(32)))
    assert {one.status_code for one in answers} == {200, 503}
    assert all(map(marked, answers))
    assert {one.headers["retry-after"] for one in answers if one.status_code == 503} == {"1"}
