"""Sends hostile input to a running service and holds it to what is documented."""

from __future__ import annotations

import os
import re
import socket
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from tests.end_to_end.service import RunningService, eventually
from tests.hostile.images import Case
from tests.hostile.requests import Request

MOST_CPU_SECONDS = 3.0
MOST_MEGABYTES = 700
POISON = "webjobs-blobtrigger-poison"
_IMAGE_CODES = {"InvalidImage", "InvalidImageSize"}
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class HostileRun:
    """A run of hostile input against one service.

    Attributes:
        outcomes: how often each status and code came.
        slowest: the most CPU seconds that one case took, and its name.
    """

    service: RunningService
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")

    def __post_init__(self) -> None:
        self._rest = self._memory("VmRSS")
        with suppress(OSError):
            Path(f"/proc/{self.service.process.pid}/clear_refs").write_text("5")

    def send_images(self, cases: Iterable[Case]) -> None:
        """Detect on each; 200, 400 of an image, or 503 with Retry-After."""
        for case in cases:
            before = self._cpu()
            response = self.service.call("POST", "detect", image=case.content)
            self._note_time(case.name, before)
            self._check(case.name, response)
            if response.status_code == 400:
                assert response.json()["error"]["code"] in _IMAGE_CODES, case.name

    def send_requests(self, cases: Iterable[Request]) -> None:
        """Send each; below 500, or 503 with Retry-After."""
        for case in cases:
            before = self._cpu()
            try:
                response = self.service.client.request(
                    case.method,
                    f"/face/{case.path}",
                    content=case.body,
                    headers=[(name.encode(), text.encode()) for name, text in case.headers.items()],
                )
            except (httpx.RemoteProtocolError, httpx.InvalidURL, httpx.ReadError):
                self.outcomes["closed"] += 1
            else:
                self._check(case.name, response)
            self._note_time(case.name, before)

    def send_heads(self, heads: Iterable[bytes]) -> None:
        """Send each on a connection of its own; below 500, or the connection is closed."""
        address = urlsplit(self.service.url)
        for head in heads:
            with socket.create_connection((address.hostname, address.port), timeout=30) as client:
                answer = b""
                with suppress(ConnectionError):
                    client.sendall(head)
                    client.shutdown(socket.SHUT_WR)
                    answer = client.recv(4096)
            status = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
            code = int(status[1]) if status else 0
            self.outcomes[f"head {code}"] += 1
            assert code < 500 or code == 505, (head[:80], answer[:200])

    def upload(self, cases: Iterable[Case], *, seconds: float) -> None:
        """Upload each and wait for a result of each; nothing is on the poison queue."""
        names: list[str] = []
        with BlobServiceClient.from_connection_string(self.service.storage) as blobs:
            uploads = blobs.get_container_client("uploads")
            for number, case in enumerate(cases):
                names.append(f"hostile/{number}.bin")
                uploads.upload_blob(names[-1], case.content)
            results = blobs.get_container_client("results")

            def done() -> bool | None:
                found = {blob.name for blob in results.list_blobs("hostile/")}
                return {f"{name}.json" for name in names} <= found or None

            eventually(done, seconds=seconds)
        with QueueServiceClient.from_connection_string(self.service.storage) as queues:
            for queue in queues.list_queues():
                if queue.name.endswith("-poison"):
                    assert not queues.get_queue_client(queue.name).peek_messages(), queue.name
        self.outcomes["uploads with a result"] += len(names)

    def finish(self) -> None:
        """Check that the service lives, and what memory it took at most."""
        assert self.service.process.poll() is None
        assert self.service.client.get("/health").status_code == 200
        peak = (self._memory("VmHWM") - self._rest) / 1e6
        self.outcomes["peak megabytes"] = round(peak)
        assert peak <= MOST_MEGABYTES

    def _check(self, name: str, response: httpx.Response) -> None:
        status = response.status_code
        code = ""
        if status >= 400 and response.content:
            code = response.json()["error"]["code"]
        self.outcomes[f"{status} {code}".strip()] += 1
        assert status < 500 or status == 503, (name, status, response.text[:300])
        assert status != 503 or "retry-after" in response.headers, name

    def _note_time(self, name: str, before: float) -> None:
        taken = self._cpu() - before
        self.slowest = max(self.slowest, (taken, name))
        assert taken <= MOST_CPU_SECONDS, (name, taken)

    def _cpu(self) -> float:
        """CPU seconds of the service's process so far."""
        with suppress(OSError):
            text = Path(f"/proc/{self.service.process.pid}/stat").read_text()
            user, system = text.rpartition(")")[2].split()[11:13]
            return (int(user) + int(system)) / _TICKS
        return 0.0

    def _memory(self, name: str) -> int:
        """A figure of the process's status, in bytes; 0 where there is none."""
        with suppress(OSError):
            status = Path(f"/proc/{self.service.process.pid}/status").read_text()
            line = next(one for one in status.splitlines() if one.startswith(name))
            return int(line.split()[1]) * 1024
        return 0
