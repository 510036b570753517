"""`python -m tools.measure.images`: peak memory and CPU time of images at the limits.

Each image is decoded and its faces are detected in a new process. The peak is measured relative to
the process's memory after its models are loaded and one small image has been analysed. Pillow's
memory is set as in the service. BEFORE=<checkout> measures another checkout with the same files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from functions.process import PILLOW_MEMORY
from tools.measure.images.cases import CASES

_ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = Path(__file__).with_name("program.py")


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one file.

    Attributes:
        peak_mb: peak memory in addition to what the process used before.
        estimate_mb: the bound computed by the inspection; 0 if the checkout has none.
        cpu_s: CPU time of all threads.
        outcome: size and faces, or the error.
    """

    peak_mb: int
    estimate_mb: int
    cpu_s: float
    outcome: str


def measured(content: bytes, checkout: Path = _ROOT) -> Cost:
    """The cost of decoding a file and detecting its faces."""
    with tempfile.NamedTemporaryFile(suffix=".image") as file:
        file.write(content)
        file.flush()
        done = subprocess.run(  # noqa: S603 - no part comes from outside
            [sys.executable, str(_PROGRAM), file.name],
            cwd=checkout,
            env={**PILLOW_MEMORY, **os.environ, "PYTHONPATH": str(checkout)},
            capture_output=True,
            text=True,
            check=True,
        )
    return Cost(**json.loads(done.stdout))


def main() -> None:
    """Print a line for each case."""
    checkout = Path(os.environ.get("BEFORE") or _ROOT).resolve()
    print(f"{'file':<36}{'KB':>7}{'peak MB':>9}{'bound':>7}{'CPU s':>7}  outcome")
    for name, make in CASES.items():
        content = make()
        found = measured(content, checkout)
        print(
            f"{name:<36}{len(content) // 1024:>7}{found.peak_mb:>9}{found.estimate_mb:>7}"
            f"{found.cpu_s:>7}  {found.outcome}"
        )


if __name__ == "__main__":
    main()
