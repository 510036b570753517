"""HTTP, start and stop of the local host over the toy app: real processes, real Azurite.

Recorded exchanges are in test_recorded_host.py, queues, events and timers in test_triggers.py.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from azure.core.exceptions import ResourceExistsError

from local.http.body import LIMIT_BYTES
from tests.contract.running_host import RunningHost, start
from tests.end_to_end.service import emulator_of, eventually

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    with RunningHost(tmp_path_factory.mktemp("host")) as running:
        yield running


def test_the_announcement_is_exactly_six_lines(host: RunningHost) -> None:
    assert [line.partition(": ")[0] for line in host.lines] == [
        "url",
        "key",
        "storage",
        "docs",
        "try",
        "ready",
    ]
    assert host.storage.startswith("DefaultEndpointsProtocol=http;AccountName=")
    settings = json.loads((host.data / "local.settings.json").read_text())
    assert settings["Values"]["FACE_KEYS"] == host.key
    assert (host.data / "local.settings.json").stat().st_mode & 0o777 == 0o600
    assert f"'Ocp-Apim-Subscription-Key: {host.key}' {host.url}/face/v1.2/" in host.lines[4]


@pytest.mark.parametrize(
    ("path", "function", "route"),
    [
        ("/face/v1.2/groups/train", "group", {"version": "v1.2", "id": "train"}),
        ("/face/v1.2/groups/17", "constrained", {"version": "v1.2", "number": "17"}),
        ("/face/v1.2/groups/a%20b%2Bc", "group", {"version": "v1.2", "id": "a b+c"}),
        ("/face/v1.2-preview.1/GROUPS/x", "group", {"version": "v1.2-preview.1", "id": "x"}),
        ("/FACE/V1.0/groups/x/", "group", {"version": "V1.0", "id": "x"}),
        ("/face/v9/groups/x", "zz_everything", {"rest": "v9/groups/x"}),
        ("/face/v1.0/groups/x/y", "zz_everything", {"rest": "v1.0/groups/x/y"}),
        ("/face", "zz_everything", {}),
    ],
)
def test_the_first_route_by_function_name_answers(
    host: RunningHost, path: str, function: str, route: dict[str, str]
) -> None:
    answer = host.http.get(host.url + path).json()
    assert (answer["function"], answer["route"]) == (function, route)


def test_a_method_that_a_route_does_not_have_falls_through_to_the_catch_all(
    host: RunningHost,
) -> None:
    assert host.http.delete("/face/v1.2/groups/x").json()["function"] == "zz_everything"


def test_a_function_gets_method_body_query_and_url(host: RunningHost) -> None:
    answer = host.http.put("/face/v1.2/groups/x?a=1&b=%C3%A4&empty=", content="körper").json()
    assert answer["method"] == "PUT"
    assert answer["body"] == "körper"
    assert answer["query"] == {"a": "1", "b": "ä"}
    assert answer["url"] == f"{host.url}/face/v1.2/groups/x?a=1&b=%C3%A4&empty="


@pytest.mark.parametrize("path", ["/nothing", "//face/v1.0/groups/x"])
def test_an_unknown_path_is_404(host: RunningHost, path: str) -> None:
    assert host.http.get(host.url + path).status_code == 404


def test_the_root_is_204_where_no_function_answers_it(host: RunningHost) -> None:
    assert host.http.get("/").status_code == 204


def test_an_empty_answer_is_text_unless_the_function_sets_no_type(host: RunningHost) -> None:
    response = host.http.delete("/empty")
    assert (response.status_code, response.headers["content-length"]) == (202, "0")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert "content-type" not in host.http.put("/empty").headers


def test_an_exception_is_a_500_without_a_body_and_a_logged_traceback(host: RunningHost) -> None:
    response = host.http.get("/fail")
    assert (response.status_code, response.content) == (500, b"")
    assert "content-type" not in response.headers
    (line,) = [line for line in host.log() if line.get("function") == "fail"]
    assert line["outcome"] == "failed"
    assert "the inside must not show" in line["exception"]


def test_an_answer_header_that_is_not_ascii_is_500(host: RunningHost) -> None:
    assert host.http.get("/header", params={"value": "plain"}).headers["x-value"] == "plain"
    assert host.http.get("/header", params={"value": "ä"}).status_code == 500


def test_a_body_up_to_the_host_s_limit_reaches_the_function(host: RunningHost) -> None:
    size = LIMIT_BYTES
    assert host.http.put("/size", content=b"x" * size).text == str(size)


def test_a_body_beyond_the_host_s_limit_is_413(host: RunningHost) -> None:
    with socket.create_connection(_address(host)) as connection:
        head = f"PUT /size HTTP/1.1\r\nHost: x\r\nContent-Length: {LIMIT_BYTES + 1}\r\n\r\n"
        connection.sendall(head.encode() + bytes(LIMIT_BYTES + 1))
        assert connection.recv(64).startswith(b"HTTP/1.1 413")


def test_a_malformed_request_is_answered_without_a_body(host: RunningHost) -> None:
    with socket.create_connection(_address(host)) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert (head.split()[1], body) == (b"400", b"")


UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUPGRADE: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"


@pytest.mark.parametrize("split_at", [None, b"GRADE", b"h2c", b"\r\n\r\n", b"before"])
def test_a_request_that_asks_for_http2_is_served_with_its_body(
    host: RunningHost, split_at: bytes | None
) -> None:
    body = b"before\r\nUpgrade: of a body\r\n\r\nafter"
    head = b"PUT /size HTTP/1.1\r\nHost: x\r\n%bContent-Length: %d\r\n\r\n"
    request = head % (UPGRADE, len(body)) + body
    parts = request.partition(split_at) if split_at else (request,)
    with socket.create_connection(_address(host)) as connection:
        for _ in range(2):
            for part in parts:
                connection.sendall(part)
                time.sleep(0.05)
            answer = b""
            while not answer.endswith(b"\r\n\r\n%d" % len(body)):
                answer += (part := connection.recv(4096))
                assert part, answer
            assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("method", [b"PUT", b"CONNECT"])
@pytest.mark.parametrize("before", [b"", b"GET /size HTTP/1.1\r\nHost: x\r\n\r\n"])
@pytest.mark.parametrize("fields", [UPGRADE, UPGRADE + b"a: b\r\n" * 97])
def test_a_body_is_never_taken_for_a_request(
    host: RunningHost, method: bytes, before: bytes, fields: bytes
) -> None:
    line = b"%b %b HTTP/1.1\r\nHost: x\r\n"
    body = line % (b"GET", b"/header?value=of-a-body") + b"\r\n"
    last = line % (b"GET", b"/header?value=last") + b"Connection: close\r\n\r\n"
    answer = b""
    with socket.create_connection(_address(host)) as connection, suppress(ConnectionError):
        connection.sendall(before + line % (method, b"/size") + fields)
        connection.sendall(b"Content-Length: %d\r\n\r\n" % len(body))
        time.sleep(0.05)
        connection.sendall(body + last)
        for part in iter(lambda: connection.recv(4096), b""):
            answer += part
    assert b"of-a-body" not in answer


def test_levels_require_their_keys(host: RunningHost) -> None:
    master, default = host.host_key("master"), host.host_key("default")
    assert host.http.get("/with-key").status_code == 401
    assert host.http.get("/with-key", headers={"x-functions-key": "wrong"}).status_code == 401
    assert host.http.get("/with-key", headers={"x-functions-key": default}).text == "in"
    assert host.http.get("/with-key", params={"code": master}).text == "in"
    assert host.http.get("/for-admins", params={"code": default}).status_code == 401
    assert host.http.get("/for-admins", params={"code": master}).text == "in"


def test_no_key_is_in_the_log(host: RunningHost) -> None:
    host.http.get("/with-key", params={"code": host.host_key("default")})
    text = (host.data / "host.log").read_text()
    for secret in (host.key, *(host.host_key(k) for k in ("master", "default"))):
        assert secret not in text


def test_a_stop_lets_requests_and_messages_finish_and_ends_azurite(tmp_path: Path) -> None:
    with RunningHost(tmp_path) as host, ThreadPoolExecutor() as pool:
        host.queues.create_queue("orders")
        host.send("orders", "sleep 2")
        eventually(lambda: True if host.attempts("sleep 2") else None)
        pending = pool.submit(host.http.get, "/slow", params={"seconds": "2"})
        eventually(lambda: True if host.journal("slow-began") else None)
        assert host.stop() == 0
        assert pending.result().text == "done"
        with socket.socket() as probe:
            assert probe.connect_ex(_blob_address(host)) != 0
    with RunningHost(tmp_path) as again:
        assert again.journal("message-done") == [{"text": "sleep 2"}]
        assert again.is_empty("orders")
        assert again.key == host.key


def test_a_host_whose_storage_is_killed_ends_although_its_functions_do_not(
    tmp_path: Path,
) -> None:
    with RunningHost(tmp_path) as host, ThreadPoolExecutor() as pool:
        host.queues.create_queue("orders")
        host.send("orders", "sleep 600")
        pending = pool.submit(host.http.get, "/slow", params={"seconds": "600"})
        eventually(lambda: True if host.attempts("sleep 600") else None)
        eventually(lambda: True if host.journal("slow-began") else None)
        os.kill(emulator_of(host.process.pid), signal.SIGKILL)
        assert host.process.wait(timeout=2 * 16) == 1  # twice what `launch._stop` says
        with pytest.raises(httpx.TransportError):
            pending.result()
        assert "requests cut off" in {line["event"] for line in host.log()}


def test_azurite_ends_with_a_host_that_was_killed(tmp_path: Path) -> None:
    with RunningHost(tmp_path) as host:
        host.blobs.create_container("inbox")
        host.stop(signal.SIGKILL)
        with socket.socket() as probe:
            address = _blob_address(host)
            eventually(lambda: True if probe.connect_ex(address) != 0 else None)
    with RunningHost(tmp_path) as again, pytest.raises(ResourceExistsError):
        again.blobs.create_container("inbox")


def test_a_busy_port_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = start(tmp_path, "--settings", str(tmp_path / "settings.json"), PORT=port)
        assert process.communicate(timeout=30)[0] == ""
        assert process.returncode == 1
    (line,) = (tmp_path / "host.log").read_text().splitlines()
    assert f"Cannot listen on 127.0.0.1:{port}" in line
    assert not (tmp_path / "azurite").exists()


def test_another_storage_account_is_listed_for_uploads(tmp_path: Path, azurite: str) -> None:
    with RunningHost(tmp_path, AzureWebJobsStorage=azurite) as host:
        assert host.storage == azurite
        assert not (tmp_path / "azurite").exists()
        host.blobs.create_container("inbox")
        host.blobs.get_blob_client("inbox", "listed.bin").upload_blob(b"listed")
        eventually(lambda: True if host.runs("listed.bin") else None)
        assert host.runs("listed.bin") == ["listed"]


def _blob_address(host: RunningHost) -> tuple[str, int]:
    address = host.blobs.url.removeprefix("http://").partition("/")[0]
    name, _, port = address.partition(":")
    return name, int(port)


def _address(host: RunningHost) -> tuple[str, int]:
    url = urlsplit(host.url)
    return str(url.hostname), int(url.port or 0)
