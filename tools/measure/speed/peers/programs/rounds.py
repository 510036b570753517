"""The conversation of a contender with the benchmark: rounds over all photographs, on demand.

The photographs' paths are in a JSON list, given as the first argument. Each line of standard input
is a number of threads; the answer is one line of JSON that begins with `ANSWER`.
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
"""Stands before an answer, to tell it from what libraries print."""

Pipeline = Callable[[bytes], int]
"""Decodes a photograph, detects, aligns and embeds every face; answers how many there were."""


def serve(load_pipeline: Callable[[], Pipeline]) -> None:
    """Answer rounds until standard input ends.

    Args:
        open_eyes: loads the models; called once in each thread, since few libraries may be shared.
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
    """A pool each of whose threads has loaded its models and looked once."""
    pool = ThreadPoolExecutor(threads)
    together = threading.Barrier(threads)

    def first(_: int) -> None:
        together.wait()
        run(image)

    list(pool.map(first, range(threads)))
    return pool
