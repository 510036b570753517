"""What the service adds to seeing: keys, HTTP, JSON, the document store."""

from __future__ import annotations

import http.client
import time

from shared.vision.analyzer import load_analyzer
from tools.benchmarks.photographs import sample_photographs
from tools.benchmarks.requests import detect, running_service
from tools.benchmarks.result import Result


def measure(*, rounds: int) -> list[Result]:
    """Look at each photograph in this process and over HTTP, in turns.

    Args:
        rounds: how often; the fastest of each photograph counts on both sides.
    """
    origin, photographs = sample_photographs()
    analyzer = load_analyzer()
    analyzer.warm_up()
    seen, answered = [float("inf")] * len(photographs), [float("inf")] * len(photographs)
    with running_service() as address:
        connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=60)
        detect(connection, address, photographs[0])
        for _ in range(rounds):
            for number, content in enumerate(photographs):
                started = time.perf_counter()
                image = analyzer.decode(content)
                analyzer.embed(image, analyzer.detect(image))
                seen[number] = min(seen[number], time.perf_counter() - started)
                started = time.perf_counter()
                detect(connection, address, content)
                answered[number] = min(answered[number], time.perf_counter() - started)
        connection.close()
    model, service = sum(seen), sum(answered)
    how = f"{len(photographs)} photographs of {origin}, best of {rounds} in turns, one client"
    count = len(photographs)
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
