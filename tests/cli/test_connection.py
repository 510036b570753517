"""How the command line finds a service, and what it says where it cannot work with it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from lineament.connection.choice import choose_connection
from lineament.connection.client import Client
from lineament.connection.config import Connection, config_file, read_config, write_config
from lineament.errors import INTERRUPTED, NotFound, Refused, Unreachable
from tests.cli.conftest import CommandLine
from tests.end_to_end.service import ROOT, RunningService, refusing_port


def client_of(answer: Callable[[httpx.Request], httpx.Response]) -> tuple[Client, list[float]]:
    """A client of a service that answers by a function, and the pauses that it made."""
    pauses: list[float] = []
    connection = Connection("http://service.test", "k")
    transport = httpx.MockTransport(answer)
    return Client(connection, pause=pauses.append, transport=transport), pauses


def test_login_stores_endpoint_and_key_for_the_owner_only(
    alone: CommandLine, service: RunningService, tmp_path: Path
) -> None:
    result = alone("login", "--endpoint", f"{service.url}/face/v1.2/", "--key", service.key)
    assert result.code == 0, result.err
    file = tmp_path / "home" / ".config" / "lineament" / "config.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert alone("groups", "list").code == 0
    assert service.key not in result.out + result.err


def test_login_does_not_store_a_wrong_key(alone: CommandLine, service: RunningService) -> None:
    result = alone("login", "--endpoint", service.url, "--key", "wrong")
    assert result.code == 3
    assert result.err == (
        f"lineament: {service.url} rejects the key. Run `lineament login` with a valid one.\n"
    )
    assert alone("groups", "list").err.startswith("lineament: No service is known.")


def test_a_local_service_is_found_beside_its_data_folder(
    alone: CommandLine, service: RunningService, tmp_path: Path
) -> None:
    (tmp_path / ".local").mkdir()
    published = (service.data / "endpoint.json").read_text("utf-8")
    assert service.key not in published
    (tmp_path / ".local" / "endpoint.json").write_text(published, "utf-8")
    assert alone("groups", "list").code == 0
    checks = {one["name"]: one for one in alone.json("doctor")}
    assert checks["configuration"]["found"].startswith("the local service of ")
    assert checks["disk"]["verdict"] == "ok"


def test_a_data_folder_in_a_home_folder_is_found(
    alone: CommandLine, service: RunningService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "home" / "data"
    data.mkdir(parents=True)
    (data / "endpoint.json").write_text((service.data / "endpoint.json").read_text("utf-8"))
    monkeypatch.setenv("FACE_DATA_DIR", "~/data")
    assert alone("groups", "list").code == 0


def test_a_certificate_in_a_home_folder_is_found(
    alone: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home" / "authority.pem").write_text("no certificate")
    monkeypatch.setenv("LINEAMENT_CA_CERTIFICATE", "~/authority.pem")
    result = alone("groups", "list", "--endpoint", "https://127.0.0.1:1", "--key", "k")
    assert result.err == (
        f"lineament: {tmp_path}/home/authority.pem is not a file of certificates in PEM.\n"
    )


def test_the_local_service_takes_its_endpoint_back_when_it_stops(tmp_path: Path) -> None:
    with RunningService(tmp_path) as running:
        assert json.loads((tmp_path / "endpoint.json").read_text("utf-8"))["url"] == running.url
    assert not (tmp_path / "endpoint.json").exists()


def test_a_service_that_is_not_there_ends_with_4(
    alone: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAMENT_KEY", "k")
    with refusing_port() as port:
        monkeypatch.setenv("LINEAMENT_ENDPOINT", f"http://127.0.0.1:{port}")
        for command in (("groups", "list"), ("doctor",)):
            result = alone(*command)
            assert result.code == 4
            assert result.err.count("\n") == 1


def test_wrong_usage_ends_with_2(alone: CommandLine) -> None:
    assert alone("detect").code == 2
    assert alone("nonsense").code == 2


def test_doctor_finds_nothing_wrong_with_a_running_service(lineament: CommandLine) -> None:
    checks = lineament.json("doctor")
    assert {one["name"] for one in checks} >= {
        "port",
        "tls",
        "endpoint",
        "models",
        "clock",
        "key",
        "versions",
    }
    assert [one for one in checks if one["verdict"] == "problem"] == []


def test_doctor_says_how_to_fix_a_configuration_that_others_can_read(
    alone: CommandLine, service: RunningService, tmp_path: Path
) -> None:
    alone("login", "--endpoint", service.url, "--key", service.key)
    file = tmp_path / "home" / ".config" / "lineament" / "config.toml"
    file.chmod(0o644)
    result = alone("doctor")
    assert result.code == 3
    assert f"chmod 600 {file}" in result.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_each_shell(alone: CommandLine, shell: str) -> None:
    assert "_LINEAMENT_COMPLETE" in alone("completion", shell).out


def test_options_come_before_the_configuration(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path)}
    write_config(config_file(environment), Connection("https://stored.test", "stored"))
    chosen = choose_connection(None, "other", None, environment, tmp_path)
    assert (chosen.endpoint, chosen.key) == ("https://stored.test", "other")


def test_a_stored_key_is_sent_to_no_other_endpoint(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path)}
    write_config(config_file(environment), Connection("https://stored.test", "stored"))
    with pytest.raises(Refused, match=r"No key is known for https://other\.test"):
        choose_connection("https://other.test", None, None, environment, tmp_path)


def test_a_configuration_survives_unusual_keys(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "config.toml"
    write_config(file, Connection("https://a.test", 'a"b\\c\u00fc', tmp_path / "ca.pem"))
    stored = read_config(file)
    assert stored is not None
    assert (stored.key, stored.certificate) == ('a"b\\c\u00fc', tmp_path / "ca.pem")


def test_a_busy_service_is_retried_after_its_retry_after() -> None:
    answers = iter([httpx.Response(503, headers={"Retry-After": "3"}), httpx.Response(429)])

    def answer(_request: httpx.Request) -> httpx.Response:
        return next(answers, httpx.Response(200, json={"fine": True}))

    client, pauses = client_of(answer)
    with client:
        assert client.json("POST", "face/v1.2/detect") == {"fine": True}
    assert pauses == [3.0, 0.5]


def test_a_request_that_may_have_had_an_effect_is_not_repeated() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        raise httpx.ReadError("cut")

    client, _ = client_of(answer)
    with client:
        with pytest.raises(Unreachable):
            client.json("POST", "face/v1.2/detect")
        with pytest.raises(Unreachable):
            client.json("GET", "face/v1.2/persongroups")
    assert asked == ["POST", *["GET"] * 6]


def test_errors_become_the_codes_of_the_command_line() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        status = int(request.url.path.strip("/"))
        return httpx.Response(status, json={"error": {"code": "C", "message": "M."}})

    client, _ = client_of(answer)
    with client:
        for status, kind in (("404", NotFound), ("400", Refused), ("500", Unreachable)):
            with pytest.raises(kind) as raised:
                client.json("GET", status)
            assert "M." in str(raised.value)


def test_a_page_that_is_no_json_is_said_in_one_line() -> None:
    client, _ = client_of(lambda _request: httpx.Response(200, text="<html>"))
    with client, pytest.raises(Unreachable, match="something else than JSON"):
        client.json("GET", "x")


def test_ctrl_c_while_modules_are_imported_ends_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt")
    result = subprocess.run(
        [sys.executable, "-m", "lineament", "doctor"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT / 'cli'}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == INTERRUPTED
    assert result.stderr == "lineament: Interrupted.\n"
