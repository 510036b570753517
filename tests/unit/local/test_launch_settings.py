"""The environment beats local.settings.json; keys are made once and stay in the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.emulator.azurite import USUAL_PORTS, connection_string
from local.launch_settings import read_launch_settings
from shared.domain.errors import ConfigurationError, InvalidSettings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "local.settings.json"


def write(file: Path, **values: str) -> None:
    file.write_text(json.dumps({"IsEncrypted": False, "Values": values, "Host": {"CORS": "*"}}))


def test_without_any_setting_the_defaults_hold(file: Path) -> None:
    environment: dict[str, str] = {}
    settings = read_launch_settings(environment, file)
    assert (settings.host, settings.port, settings.storage) == ("127.0.0.1", 7071, None)
    assert settings.data == Path(".local").resolve()
    assert environment["FACE_DATA_DIR"] == str(settings.data)


def test_a_key_is_generated_once_and_added_to_the_file(file: Path) -> None:
    write(file, FACE_STORE="sqlite")
    environment: dict[str, str] = {}
    made = read_launch_settings(environment, file).key
    assert len(made) == 32
    assert read_launch_settings({}, file).key == made
    content = json.loads(file.read_text())
    assert content["Values"] == {"FACE_STORE": "sqlite", "FACE_KEYS": made}
    assert content["Host"] == {"CORS": "*"}
    assert file.stat().st_mode & 0o777 == 0o600
    assert environment["FACE_KEYS_FILE"] == str(file)
    assert "FACE_KEYS" not in environment


def test_a_key_of_the_environment_is_used_and_the_file_unchanged(file: Path) -> None:
    environment = {"FACE_KEYS": " first , second"}
    assert read_launch_settings(environment, file).key == "first"
    assert not file.exists()
    assert "FACE_KEYS_FILE" not in environment


def test_the_file_of_keys_may_be_in_a_home_folder(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "keys.json", FACE_KEYS="k")
    environment = {"FACE_KEYS_FILE": "~/keys.json"}
    assert read_launch_settings(environment, file).key == "k"
    assert environment["FACE_KEYS_FILE"] == str(tmp_path / "keys.json")


def test_the_home_folder_of_no_user_is_an_invalid_setting(file: Path) -> None:
    with pytest.raises(InvalidSettings) as refused:
        read_launch_settings({"FACE_KEYS_FILE": "~no-such-user/keys.json"}, file)
    assert refused.value.problems == ("FACE_KEYS_FILE must be a path whose home folder exists.",)


def test_the_environment_overrides_the_file(file: Path) -> None:
    write(file, PORT="7080", HOST="192.0.2.1", FACE_KEYS="k")
    environment = {"PORT": "7090"}
    settings = read_launch_settings(environment, file)
    assert (settings.port, settings.host, settings.key) == (7090, "192.0.2.1", "k")
    assert environment["HOST"] == "192.0.2.1"


def test_a_storage_connection_string_is_used_unchanged(file: Path) -> None:
    text = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=aw==;"
    settings = read_launch_settings({"AzureWebJobsStorage": text}, file)
    assert settings.storage == text


@pytest.mark.parametrize("runs", [False, True])
def test_the_development_storage_is_started_unless_it_runs(
    file: Path, monkeypatch: pytest.MonkeyPatch, runs: bool
) -> None:
    monkeypatch.setattr("local.launch_settings.is_running", lambda: runs)
    write(file, AzureWebJobsStorage="UseDevelopmentStorage=true")
    storage = read_launch_settings({}, file).storage
    assert storage == (connection_string(USUAL_PORTS) if runs else None)


@pytest.mark.parametrize("content", ["{", "[]", '{"Values": []}', '{"Values": {"PORT": 7071}}'])
def test_a_malformed_file_is_rejected_and_unchanged(file: Path, content: str) -> None:
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=r"local\.settings\.json"):
        read_launch_settings({}, file)
    assert file.read_text() == content


@pytest.mark.parametrize("port", ["http", "-1", "65536", "७०७१"])
def test_a_port_out_of_range_is_rejected(file: Path, port: str) -> None:
    with pytest.raises(ConfigurationError, match="PORT"):
        read_launch_settings({"PORT": port}, file)


def test_an_empty_list_of_keys_is_rejected(file: Path) -> None:
    with pytest.raises(ConfigurationError, match="FACE_KEYS"):
        read_launch_settings({"FACE_KEYS": " , "}, file)


@pytest.mark.parametrize(
    ("values", "environment", "origins"),
    [
        ({}, {}, ("*",)),
        ({"FACE_CORS_ORIGINS": "https://a.example"}, {}, ("https://a.example",)),
        ({}, {"FACE_CORS_ORIGINS": "https://b.example"}, ("https://b.example",)),
        ({}, {"FACE_CORS_ORIGINS": ""}, ()),
    ],
)
def test_the_cors_of_core_tools_is_read_where_the_setting_is_absent(
    file: Path, values: dict[str, str], environment: dict[str, str], origins: tuple[str, ...]
) -> None:
    write(file, FACE_KEYS="k", **values)
    assert read_launch_settings(environment, file).cors_origins == origins


@pytest.mark.parametrize("host", ["[]", '{"CORS": ["*"]}'])
def test_a_malformed_host_of_core_tools_is_rejected(file: Path, host: str) -> None:
    file.write_text(f'{{"Values": {{"FACE_KEYS": "k"}}, "Host": {host}}}')
    with pytest.raises(ConfigurationError, match="CORS"):
        read_launch_settings({}, file)


def test_wrong_settings_of_host_and_service_are_reported_together(file: Path) -> None:
    write(file, FACE_KEYS="k", PORT="http", FACE_TIER="gold")
    with pytest.raises(InvalidSettings) as raised:
        read_launch_settings({"FACE_LOG": "loud"}, file)
    named = {problem.partition(" ")[0] for problem in raised.value.problems}
    assert named == {"PORT", "FACE_TIER", "FACE_LOG"}


def test_settings_of_an_app_that_is_not_the_service_are_its_own(file: Path) -> None:
    write(file, FACE_KEYS="k", FACE_TIER="gold")
    assert read_launch_settings({}, file, with_service=False).key == "k"
    with pytest.raises(InvalidSettings):
        read_launch_settings({"PORT": "http"}, file, with_service=False)
