"""The real service for tests: the local host with Azurite and SQLite, as `make run` starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from shared.services.queue_policy import MAINTENANCE

ROOT = Path(__file__).resolve().parents[2]
_STARTED_WITHIN = 180.0
"""Seconds: on a machine that is busy otherwise, loading Python and the models takes a minute."""
_T = TypeVar("_T")


@contextmanager
def refusing_port() -> Iterator[int]:
    """A TCP port of the loopback interface that refuses connections."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # without listening
        yield bound.getsockname()[1]


def eventually(look: Callable[[], _T | None], *, seconds: float = 60.0) -> _T:
    """The first value of ``look`` that is not None; fails after the timeout."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"Nothing was found within {seconds} seconds.")


def await_next_round(seconds: float = 10.0) -> None:
    """Wait until the maintenance timer has fired, if it will within so many seconds.

    For tests of what stands until its next round, such as deletions that are not finished.
    """
    period = MAINTENANCE.total_seconds()
    remaining = period - time.time() % period
    if remaining < seconds:
        time.sleep(remaining + 1)


def emulator_of(host: int) -> int:
    """The process id of a host's Azurite, its only child."""
    for children in Path(f"/proc/{host}/task").glob("*/children"):
        for child in children.read_text().split():
            return int(child)
    raise RuntimeError("The host has no storage emulator.")


@dataclass
class RunningService:
    """A started service.

    Attributes:
        data: its data directory; a service with an existing one continues with its data.
        environment: settings in addition to those of every test service.
        prefix: a command that runs the service's command in its own process, as `strace -D`.
    """

    data: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    prefix: Sequence[str] = ()
    url: str = ""
    key: str = ""
    storage: str = ""
    console: str = ""
    lines: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.log = (self.data / "host.log").open("ab")
        self.process = subprocess.Popen(
            [
                *self.prefix,
                *(sys.executable, "-m", "local"),
                *("--settings", str(self.data / "local.settings.json")),
            ],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "HOME": os.environ.get("HOME", "/"),
                "PORT": "0",  # any free one
                "FACE_DATA_DIR": str(self.data),
                **self.environment,
            },
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        try:
            self._read_announcement()
        except BaseException:
            self.stop(signal.SIGKILL)  # nothing else would: the block is not entered
            raise
        self.client = httpx.Client(
            base_url=self.url, headers={"Ocp-Apim-Subscription-Key": self.key}, timeout=60
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.close()
        self.stop()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=30)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.log.close()
        return code

    def call(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        image: bytes | None = None,
        version: str = "v1.2",
        api: str = "face",
        **query: str,
    ) -> httpx.Response:
        """Call an operation with a valid key."""
        return self.client.request(
            method,
            f"/{api}/{version}/{path}",
            json=json,
            content=image,
            headers={} if image is None else {"Content-Type": "application/octet-stream"},
            params=query,
        )

    def ok(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        """As ``call``, but the call must succeed; returns the JSON, or None without a body."""
        response = self.call(method, path, json, **more)
        assert response.status_code in (200, 201, 202), response.text
        return response.json() if response.content else None

    def call_own(self, method: str, path: str, json: Any = None, **more: Any) -> httpx.Response:
        """As ``call``, for this service's own operations."""
        return self.call(method, path, json, api="lineament", version="v1", **more)

    def own(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        """As ``ok``, for this service's own operations."""
        return self.ok(method, path, json, api="lineament", version="v1", **more)

    def faces(self, image: bytes, **query: str) -> list[str]:
        """The faceIds of an image, largest face first."""
        return [face["faceId"] for face in self.ok("POST", "detect", image=image, **query)]

    def train(self, path: str) -> dict[str, Any]:
        """Train a collection and return the final status."""
        self.ok("POST", f"{path}/train")

        def outcome() -> dict[str, Any] | None:
            status: dict[str, Any] = self.ok("GET", f"{path}/training")
            return None if status["status"] == "running" else status

        return eventually(outcome)

    def _read_announcement(self) -> None:
        assert self.process.stdout is not None
        deadline = time.monotonic() + _STARTED_WITHIN
        while time.monotonic() < deadline:
            line = self.process.stdout.readline().rstrip("\n")
            self.lines.append(line)
            name, _, text = line.partition(": ")
            if name in ("url", "key", "storage", "console"):
                setattr(self, name, text)
            if line == "ready":
                return
            if self.process.poll() is not None:
                break
        log = (self.data / "host.log").read_text("utf-8")
        raise AssertionError(f"The service did not start: {self.lines}\n{log[-4000:]}")
