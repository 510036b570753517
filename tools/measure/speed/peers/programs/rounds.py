"""The protocol between a contender and the benchmark: rounds over all images, on request.

The first argument is a JSON list of the images' paths. Each line of standard input is a number of
threads; the response is one line of JSON that begins with `ANSWER`.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ANSWER = "round: "
"""Prefix of a response, to distinguish it from the output of libraries."""

Pipeline = Callable[[bytes], int]
"""Decodes an image, then detects, aligns and embeds every face; returns their number."""


def serve(load_pipeline: Callable[[], Pipeline]) -> None:
    """Process rounds until standard input ends.

    Args:
        load_pipeline: loads the models; called once in each thread, since few libraries allow
            sharing.
    """
    images = [Path(name).read_bytes() for name in json.loads(sys.argv[1])]
    own = threading.local()

    def run(content: bytes) -> int:
        if not hasattr(own, "run"):
            own.run = load_pipeline()
        return int(own.run(content))

    pools: dict[int, ThreadPoolExecutor] = {}
    for line in sys.stdin:
        threads = int(line)
        if threads not in pools:
            pools[threads] = _warm(threads, run, images[0])
        wall, processor = time.perf_counter(), time.process_time()
        faces = list(pools[threads].map(run, images))
        answer = {
            "faces": faces,
            "seconds": time.perf_counter() - wall,
            "cpu_seconds": time.process_time() - processor,
        }
        print(ANSWER + json.dumps(answer), flush=True)


def _warm(threads: int, run: Pipeline, image: bytes) -> ThreadPoolExecutor:
    """A pool whose threads have loaded their models and processed one image each."""
    pool = ThreadPoolExecutor(threads)
    together = threading.Barrier(threads)

    def first(_: int) -> None:
        together.wait()
        run(image)

    list(pool.map(first, range(threads)))
    return pool
