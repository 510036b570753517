"""Virtual environments of the peers, under .build/peers."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PEERS_DIRECTORY = Path(__file__).resolve().parents[4] / ".build" / "peers"
INSTALL_SECONDS = 600


class PeerUnavailable(Exception):
    """A peer cannot be installed or does not run; the message is one line."""


@dataclass(frozen=True, slots=True)
class Environment:
    """The packages of a peer.

    Attributes:
        name: the name of its folder.
        packages: installed together with their dependencies.
        alone: installed first and without dependencies, for packages whose dependencies would have
            to be compiled.
    """

    name: str
    packages: tuple[str, ...]
    alone: tuple[str, ...] = ()


def python_of(environment: Environment, directory: Path = PEERS_DIRECTORY) -> Path:
    """The interpreter of an environment, which is created if it does not exist.

    Raises:
        PeerUnavailable: it cannot be created. Incomplete environments are removed.
    """
    wanted = json.dumps([sys.version, environment.packages, environment.alone])
    place = directory / f"{environment.name}-{hashlib.sha256(wanted.encode()).hexdigest()[:8]}"
    python, stamp = place / "bin" / "python", place / "complete"
    if stamp.exists():
        return python
    shutil.rmtree(place, ignore_errors=True)
    print(f"installing {environment.name} for comparison", file=sys.stderr)
    try:
        _run([sys.executable, "-m", "venv", str(place)])
        if environment.alone:
            _install(python, ["--no-deps", *environment.alone])
        if environment.packages:
            _install(python, environment.packages)
    except PeerUnavailable:
        shutil.rmtree(place, ignore_errors=True)
        raise
    stamp.touch()
    return python


def _install(python: Path, arguments: Sequence[str]) -> None:
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--prefer-binary"]
    _run([str(python), "-m", "pip", "install", *quiet, *arguments])


def _run(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - our own commands
            command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise PeerUnavailable(f"not installed after {INSTALL_SECONDS} s") from error
    if done.returncode != 0:
        raise PeerUnavailable(f"not installed: {last_line(done.stderr)}")


def last_line(text: str) -> str:
    """The last non-empty line, shortened."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no message"
