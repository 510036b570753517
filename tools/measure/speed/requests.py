"""Detections per second of the whole service over HTTP."""

from __future__ import annotations

import http.client
import itertools
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.measure.speed.images import sample_images
from tools.measure.speed.result import Result

_ROOT = Path(__file__).resolve().parents[3]
_KEY = "bench"


@dataclass(frozen=True, slots=True)
class Address:
    """Address and key of a service, and the connection string of its storage."""

    port: int
    key: str
    storage: str


def measure(*, seconds: float) -> list[Result]:
    """Call detect with 1, 2 and 4 concurrent clients for that many seconds each."""
    origin, images = sample_images()
    results = []
    with running_service() as address:
        for clients in (1, 2, 4):
            timings = _load(address, images, clients, seconds)
            how = f"POST detect, {clients} clients, {seconds:g} s, images of {origin}"
            rate, middle = len(timings) / seconds, statistics.median(timings) * 1000
            results += [
                Result(f"detect_http_{clients}_clients_per_second", rate, "1/s", how),
                Result(f"detect_http_{clients}_clients_p50_ms", middle, "ms", how),
            ]
    return results


@contextmanager
def running_service(data: Path | None = None) -> Iterator[Address]:
    """The local host with its own Azurite and database.

    Args:
        data: its data directory; None: a temporary one.
    """
    with tempfile.TemporaryDirectory(prefix="lineament-bench-") as folder:
        data = data or Path(folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        own = {"PORT": str(port), "FACE_DATA_DIR": str(data), "FACE_KEYS": _KEY}
        with (data / "host.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "local"],
                cwd=_ROOT,
                env={**os.environ, **own},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            yield Address(port, _KEY, _announced_storage(process, data / "host.log"))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
            if process.stdout is not None:
                process.stdout.close()


def _announced_storage(process: subprocess.Popen[str], log: Path) -> str:
    """Wait until the service is ready and return the connection string that it prints."""
    storage = ""
    for line in process.stdout or ():
        name, _, text = line.strip().partition(": ")
        storage = text if name == "storage" else storage
        if name == "ready":
            return storage
    raise RuntimeError(log.read_text("utf-8")[-2000:])


def _load(address: Address, images: list[bytes], clients: int, seconds: float) -> list[float]:
    """The seconds of each request."""
    with ThreadPoolExecutor(clients) as pool:
        runs = [
            pool.submit(_client, address, images[number:] + images[:number], seconds)
            for number in range(clients)
        ]
        return [timing for run in runs for timing in run.result()]


def _client(address: Address, images: list[bytes], seconds: float) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=60)
    timings = []
    deadline = time.perf_counter() + seconds
    for content in itertools.cycle(images):
        started = time.perf_counter()
        if started > deadline:
            break
        detect(connection, address, content)
        timings.append(time.perf_counter() - started)
    connection.close()
    return timings


def detect(connection: http.client.HTTPConnection, address: Address, content: bytes) -> None:
    """Send an image and read the response.

    Raises:
        RuntimeError: the status is not 200.
    """
    headers = {
        "Ocp-Apim-Subscription-Key": address.key,
        "Content-Type": "application/octet-stream",
    }
    connection.request("POST", "/face/v1.2/detect", content, headers)
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        raise RuntimeError(f"detect answered {response.status}")
