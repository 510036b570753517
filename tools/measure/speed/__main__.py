"""`make bench`: prints every speed figure and writes .build/bench.json.

QUICK=1 shortens the measurements; PEERS=0 leaves out other programs.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from tools.measure.speed import (
    cold_start,
    deletions,
    one_call,
    overhead,
    parsers,
    recognition,
    requests,
    uploads,
)
from tools.measure.speed.galleries import galleries
from tools.measure.speed.peers import comparing
from tools.measure.speed.result import Result, table

_REPORT = Path(__file__).resolve().parents[3] / ".build" / "bench.json"

Benchmark = Callable[[], Sequence[Result]]

PROMISED = (
    "search_1m_p50_ms",
    "search_1m_bandwidth_fraction",
    "search_3m_p50_ms",
    "bytes_per_face",
    "open_1m_ms",
    "identify_http_1m_p50_ms",
    "recall_at_1_1m",
    "recall_at_10_1m",
    "train_1m_s",
    "train_1m_peak_mb",
    "train_incremental_100_s",
    "faces_per_cpu_second_vs_fastest_peer",
    "faces_per_cpu_second_vs_opencv414",
    "http_overhead_fraction",
    "cold_first_detect_s",
    "import_over_baseline_ms",
)
"""Figures of every report; without a value if the run did not measure them."""


def benchmarks(*, quick: bool) -> Mapping[str, Benchmark]:
    """All benchmarks by name."""
    return {
        "cold_start": lambda: cold_start.measure(rounds=3 if quick else 10),
        "recognition": lambda: recognition.measure(rounds=3 if quick else 10),
        "peers": lambda: comparing.measure(rounds=2 if quick else 5),
        "overhead": lambda: overhead.measure(rounds=20),
        "parsers": lambda: parsers.measure(requests=100 if quick else 400),
        "requests": lambda: requests.measure(seconds=3 if quick else 10),
        "one_call": lambda: one_call.measure(rounds=1 if quick else 5),
        "galleries": lambda: galleries.measure(
            faces=100_000 if quick else 1_000_000,
            larger=1_000_000 if quick else 3_000_000,
            probes=300,
        ),
        "uploads": lambda: uploads.measure(blobs=500 if quick else 10_000, rounds=10),
        "deletions": lambda: deletions.measure(uploads=2_000 if quick else 20_000, faces=5),
    }


def machine() -> dict[str, str | int | None]:
    """The machine that the figures were measured on."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
    }


def main(names: Sequence[str] = ()) -> int:
    """Run all benchmarks, or those that are named.

    Returns:
        The exit code.
    """
    chosen = benchmarks(quick=os.environ.get("QUICK") == "1")
    unknown = set(names) - set(chosen)
    if unknown:
        print(f"There is no benchmark {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    results: list[Result] = []
    for name, measure in chosen.items():
        if names and name not in names:
            continue
        print(f"measuring {name}", file=sys.stderr)
        results += measure()
    results += lacking(results, "QUICK=1 leaves it out" if not names else "was not asked for")
    print(table(results))
    _REPORT.parent.mkdir(exist_ok=True)
    _REPORT.write_bytes(msgspec.json.encode({"machine": machine(), "results": results}))
    return 0


def lacking(results: Sequence[Result], why: str) -> list[Result]:
    """The required figures that are missing from the results, without a value."""
    there = {result.name for result in results}
    return [Result(name, None, "", why) for name in PROMISED if name not in there]


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
