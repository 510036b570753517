"""One measurement in its own process: `program.py FILE` prints a JSON object.

It also runs with other checkouts, so it imports only what all of them have.
"""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import PIL.Image

from shared.domain.errors import LineamentError
from shared.vision.analyzer import load_analyzer


def _memory(name: str) -> int:
    """A figure of /proc/self/status, in bytes."""
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith(name))
    return int(line.split()[1]) * 1024


def _cpu_seconds() -> float:
    """CPU time of this process and of its ended child processes."""
    return sum(os.times()[:4])


def main(file: Path) -> None:
    """Decode, detect, and print the cost."""
    analyzer = load_analyzer()
    small = io.BytesIO()
    PIL.Image.effect_noise((200, 200), 60).save(small, "PNG")
    analyzer.detect(analyzer.decode(small.getvalue()))
    content = file.read_bytes()
    # Resets VmHWM, which is from now on the peak since here (proc(5)).
    Path("/proc/self/clear_refs").write_text("5")
    rest, started = _memory("VmRSS"), _cpu_seconds()
    estimate = 0
    try:
        if hasattr(analyzer, "inspect"):
            estimate = analyzer.inspect(content).peak_bytes
        image = analyzer.decode(content)
        outcome = f"{image.width} x {image.height}, {len(analyzer.detect(image))} faces"
    except LineamentError as error:
        outcome = f"{error.error_code}: {error.message}"
    found = {
        "peak_mb": round((_memory("VmHWM") - rest) / 1e6),
        "estimate_mb": round(estimate / 1e6),
        "cpu_s": round(_cpu_seconds() - started, 2),
        "outcome": outcome,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
