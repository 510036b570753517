"""Runs commands of the command line as its entry point does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from lineament.run import run
from tests.end_to_end.service import RunningService
from tests.images import portrait


@dataclass(frozen=True)
class Result:
    """What a command did."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class CommandLine:
    """The command line with an endpoint and a key in its environment."""

    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: object) -> Result:
        """Run a command."""
        self.capture.readouterr()
        code = run([str(argument) for argument in arguments])
        printed = self.capture.readouterr()
        return Result(code, printed.out, printed.err)

    def json(self, *arguments: object) -> Any:
        """Run a command with ``--json``; it must succeed."""
        result = self(*arguments, "--json")
        assert result.code == 0, result.err
        return json.loads(result.out)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service with its own Azurite, database and keys."""
    settings = {"FACE_UNKNOWN_RETENTION_DAYS": "7"}
    with RunningService(tmp_path_factory.mktemp("service"), settings) as running:
        yield running


@pytest.fixture
def alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    """The command line in an empty folder of an empty home, knowing no service."""
    for name in ("LINEAMENT_ENDPOINT", "LINEAMENT_KEY", "LINEAMENT_CA_CERTIFICATE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("FACE_DATA_DIR", "FACE_KEYS", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr("sys.prefix", str(tmp_path / "nowhere" / ".venv"))
    monkeypatch.chdir(tmp_path)
    return CommandLine(capsys)


@pytest.fixture
def lineament(
    alone: CommandLine, service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    """The command line with the service's endpoint and key."""
    monkeypatch.setenv("LINEAMENT_ENDPOINT", service.url)
    monkeypatch.setenv("LINEAMENT_KEY", service.key)
    return alone


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A folder with two images of Ada, one of Bob, and a file of Bob's that is no image."""
    folder = tmp_path / "people"
    for person, names in (("Ada", ("person_a_1", "person_a_2")), ("Bob", ("person_b_1",))):
        (folder / person).mkdir(parents=True)
        for name in names:
            copyfile(portrait(name), folder / person / f"{name}.jpg")
    (folder / "Bob" / "broken.jpg").write_bytes(b"no image " * 200)
    return folder
