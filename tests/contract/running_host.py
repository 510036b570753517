"""A running `python -m local` over a test app, and the journal of the toy app's functions."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import httpx
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

ROOT = Path(__file__).resolve().parents[2]
TOY_APP = Path(__file__).parent / "toy_app"


def start(
    data: Path, *arguments: str, app: Path = TOY_APP, **environment: str
) -> subprocess.Popen[str]:
    """Start the host without waiting for it."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    data.mkdir(parents=True, exist_ok=True)
    with (data / "host.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "local", "--app", str(app), *arguments],
            cwd=ROOT,
            env={**inherited, "PORT": "0", "FACE_DATA_DIR": str(data), **environment},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )


class RunningHost:
    """The host over an app, with an Azurite and a data folder of its own."""

    def __init__(self, data: Path, *, app: Path = TOY_APP, **environment: str) -> None:
        self.data = data
        settings = str(data / "local.settings.json")
        self.process = start(data, "--settings", settings, app=app, **environment)
        self.lines = self._read_announcement()
        self.url, self.key, self.storage = (line.partition(": ")[2] for line in self.lines[:3])
        self.http = httpx.Client(base_url=self.url, timeout=30)
        self.blobs = BlobServiceClient.from_connection_string(self.storage)
        self.queues = QueueServiceClient.from_connection_string(self.storage)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.http.close()
        self.blobs.close()
        self.queues.close()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=60)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def host_key(self, name: str) -> str:
        """One of the host's own keys."""
        keys: dict[str, str] = json.loads((self.data / "host_keys.json").read_text())
        return keys[name]

    def log(self) -> list[dict[str, Any]]:
        """The lines of the log so far."""
        lines = (self.data / "host.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def send(self, queue: str, text: str) -> None:
        """Put a message on a queue as the app does, in base64."""
        encoded = base64.b64encode(text.encode()).decode()
        self.queues.get_queue_client(queue).send_message(encoded)

    def messages(self, queue: str) -> list[str]:
        """The decoded messages of a queue; empty where there is no queue."""
        return [base64.b64decode(content).decode() for content in self.raw_messages(queue)]

    def raw_messages(self, queue: str) -> list[str]:
        """The messages of a queue as they are stored; empty where there is no queue."""
        try:
            found = self.queues.get_queue_client(queue).peek_messages(max_messages=32)
            return [str(message.content) for message in found]
        except ResourceNotFoundError:
            return []

    def is_empty(self, queue: str) -> bool:
        """Whether a queue has no messages, visible or not."""
        properties = self.queues.get_queue_client(queue).get_queue_properties()
        return properties.approximate_message_count == 0

    def journal(self, kind: str) -> list[dict[str, Any]]:
        """What the toy app's functions of a kind wrote down, oldest first."""
        container = self.blobs.get_container_client("journal")
        names = sorted(str(b.name) for b in container.list_blobs(name_starts_with=f"{kind}/"))
        return [json.loads(container.download_blob(name).readall()) for name in names]

    def runs(self, blob: str) -> list[str]:
        """The contents that the toy app's blob function read of a blob, one for each run."""
        return [entry["content"] for entry in self.journal("blob") if entry["name"] == blob]

    def attempts(self, text: str) -> list[int]:
        """The dequeue counts with which the toy app's queue function received a message."""
        return [entry["attempt"] for entry in self.journal("message") if entry["text"] == text]

    def _read_announcement(self) -> list[str]:
        if self.process.stdout is None:
            raise AssertionError("the host has no standard output")
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line.rstrip("\n"))
            if lines[-1] == "ready":
                return lines
        raise AssertionError((self.data / "host.log").read_text())
