"""Overhead of the service over the models alone: keys, HTTP, JSON, the document store."""

from __future__ import annotations

import socket
import time

from shared.vision.analyzer import load_analyzer
from tools.measure.speed.images import sample_images
from tools.measure.speed.requests import Address, running_service
from tools.measure.speed.result import Result

_RECEIVED_BYTES = 65_536


def measure(*, rounds: int) -> list[Result]:
    """Analyse each image in this process and over HTTP, alternating.

    Args:
        rounds: number of repetitions; the fastest of each image counts on both sides.
    """
    origin, images = sample_images()
    analyzer = load_analyzer()
    analyzer.probe()
    seen, answered = [float("inf")] * len(images), [float("inf")] * len(images)
    with running_service() as address:
        requests = [_request(address, content) for content in images]
        connection = socket.create_connection(("127.0.0.1", address.port), timeout=60)
        _answer(connection, requests[0])
        for _ in range(rounds):
            for number, content in enumerate(images):
                started = time.perf_counter()
                image = analyzer.decode(content)
                analyzer.embed(image, analyzer.detect(image))
                seen[number] = min(seen[number], time.perf_counter() - started)
                started = time.perf_counter()
                _answer(connection, requests[number])
                answered[number] = min(answered[number], time.perf_counter() - started)
        connection.close()
    model, service = sum(seen), sum(answered)
    how = f"{len(images)} images of {origin}, best of {rounds} in turns, a bare socket"
    count = len(images)
    return [
        Result("model_ms", model / count * 1000, "ms", f"decode, detect and embed; mean of {how}"),
        Result("detect_http_ms", service / count * 1000, "ms", f"POST detect; mean of {how}"),
        Result(
            "http_overhead_fraction",
            (service - model) / model,
            "",
            f"POST detect less the model time, over the model time; {how}",
        ),
    ]


def _request(address: Address, image: bytes) -> bytes:
    """A complete request for detect, to exclude the overhead of an HTTP client."""
    head = (
        "POST /face/v1.2/detect HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{address.port}\r\n"
        f"Ocp-Apim-Subscription-Key: {address.key}\r\n"
        "Content-Type: application/octet-stream\r\n"
        f"Content-Length: {len(image)}\r\n\r\n"
    )
    return head.encode("ascii") + image


def _answer(connection: socket.socket, request: bytes) -> None:
    """Send a request and read the complete response.

    Raises:
        RuntimeError: the status is not 200, or the service closes the connection.
    """
    connection.sendall(request)
    received = b""
    while not _is_whole(received):
        some = connection.recv(_RECEIVED_BYTES)
        if not some:
            raise RuntimeError("the service closed the connection")
        received += some
    if not received.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"detect answered {received[:40]!r}")


def _is_whole(received: bytes) -> bool:
    head, ends, body = received.partition(b"\r\n\r\n")
    _, named, rest = head.lower().partition(b"\r\ncontent-length:")
    return bool(ends) and bool(named) and len(body) >= int(rest.partition(b"\r\n")[0])
