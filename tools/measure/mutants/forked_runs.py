"""Runs tests on a mutant in a fork of a process that has imported the third-party packages."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

OPTIONS = (
    *("-x", "-q", "-s", "-p", "no:cacheprovider"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # Plugins are imported already.
)
_PACKAGES = (
    "azure.cosmos",
    "azure.identity",
    "azure.storage.blob",
    "azure.storage.queue",
    "hypothesis.stateful",
    "numpy",
    "onnxruntime",
)
_POLL_SECONDS = 0.01


def import_packages() -> None:
    """Import what every run needs, except modules that are mutated."""
    for name in _PACKAGES:
        importlib.import_module(name)


def tests_pass(copy: Path, tests: Sequence[str], *, timeout: float) -> bool:
    """Run tests of a copy until one fails."""

    def run() -> int:
        os.chdir(copy)
        sys.path[0] = str(copy)
        sys.dont_write_bytecode = True
        return int(pytest.main([*OPTIONS, f"--basetemp={copy / '.scratch'}", *tests]))

    return succeeds(run, timeout=timeout)


def succeeds(run: Callable[[], int], *, timeout: float) -> bool:
    """Whether a run in a fork returns 0 within the timeout, in seconds."""
    process = os.fork()
    if process == 0:
        _end_with(run)
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return status == 0
        time.sleep(_POLL_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return False


def silence() -> None:
    """Discard all further output of this process."""
    with Path(os.devnull).open("w") as nothing:
        os.dup2(nothing.fileno(), 1)
        os.dup2(nothing.fileno(), 2)


def _end_with(run: Callable[[], int]) -> None:
    """Run in the child and exit; never returns."""
    status = 1
    try:
        os.setpgid(0, 0)
        silence()
        status = run()
    finally:
        os._exit(status)
