"""Runs tests on a mutant in a fork of a process that has imported the third-party packages.

A test run starts in a quarter of a second so, instead of three.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

_PACKAGES = (
    "azure.cosmos",
    "azure.identity",
    "azure.storage.blob",
    "azure.storage.queue",
    "hypothesis.stateful",
    "numpy",
    "onnxruntime",
)
_POLL_SECONDS = 0.02
_OPTIONS = (
    *("-x", "-q", "-p", "no:cacheprovider"),
    "--timeout=60",  # seconds a test
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # Plugins are imported already.
)


def import_packages() -> None:
    """Import what every run needs, but nothing that is mutated."""
    for name in _PACKAGES:
        importlib.import_module(name)


def tests_pass(copy: Path, tests: Sequence[str], *, timeout: float) -> bool:
    """Run tests until one fails; a run that does not end in time (seconds) has noticed too."""
    process = os.fork()
    if process == 0:
        _run(copy, tests)
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


def _run(copy: Path, tests: Sequence[str]) -> None:
    """In the child: never returns."""
    status = 1
    try:
        os.setpgid(0, 0)
        os.chdir(copy)
        sys.path[0] = str(copy)
        sys.dont_write_bytecode = True
        with Path(os.devnull).open("w") as nothing:
            os.dup2(nothing.fileno(), 1)
            os.dup2(nothing.fileno(), 2)
        status = int(pytest.main([*_OPTIONS, f"--basetemp={copy / '.scratch'}", *tests]))
    finally:
        os._exit(status)
