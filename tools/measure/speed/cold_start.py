"""Start-up time: importing the app, and the first detection of a new process.

Every sample is a new process. Byte code and disk cache are warm, as after an instance's first
start; the time that Azure needs before Python runs is not included.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.measure.speed.images import sample_images
from tools.measure.speed.result import Result, table

_ROOT = Path(__file__).resolve().parents[3]
_KEY = "bench"

_BASELINE = """
import time
started = time.perf_counter()
import azure.functions
print(time.perf_counter() - started)
"""

_APP = """
import time
started = time.perf_counter()
import azure.functions
import function_app
print(time.perf_counter() - started)
"""

_FIRST_DETECTION = """
import os, sys
import azure.functions as func
from function_app import app

detect = next(one for one in app.get_functions() if one.get_function_name() == "detect")
request = func.HttpRequest(
    method="POST", url="http://localhost/face/v1.2/detect", params={},
    headers={"Content-Type": "application/octet-stream",
             "Ocp-Apim-Subscription-Key": os.environ["FACE_KEYS"]},
    route_params={"version": "v1.2"}, body=sys.stdin.buffer.read(),
)
answer = detect.get_user_function()(**{detect.get_trigger().name: request})
sys.exit(answer.status_code != 200)
"""


class FirstDetectionFailed(RuntimeError):
    """The app did not return status 200, so the time is meaningless."""


def measure(*, rounds: int) -> list[Result]:
    """Start the app a number of times, each beside an import of azure.functions alone."""
    _import_seconds(_APP)  # writes the byte code
    baselines, imports, firsts = [], [], []
    origin, images = sample_images()
    for _ in range(rounds):
        baselines.append(_import_seconds(_BASELINE))
        imports.append(_import_seconds(_APP))
        firsts.append(_first_detection_seconds(images[0]))
    over = (statistics.median(imports) - statistics.median(baselines)) * 1000
    how = f"median of {rounds} processes"
    first = f"{how}: start of Python to the response of detect; an image of {origin}, SQLite"
    return [
        Result("import_over_baseline_ms", over, "ms", f"{how}: function_app over azure.functions"),
        Result("cold_first_detect_s", statistics.median(firsts), "s", first),
    ]


def _import_seconds(program: str) -> float:
    done = subprocess.run(  # noqa: S603 - our own Python and text
        [sys.executable, "-c", program],
        cwd=_ROOT,
        # Without the caller's PYTHONDONTWRITEBYTECODE, with which every process would compile.
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def _first_detection_seconds(image: bytes) -> float:
    with tempfile.TemporaryDirectory(prefix="lineament-bench-") as data:
        started = time.perf_counter()
        done = subprocess.run(  # noqa: S603 - as above
            [sys.executable, "-c", _FIRST_DETECTION],
            cwd=_ROOT,
            env={
                "PATH": os.environ["PATH"],
                "FACE_KEYS": _KEY,
                "FACE_DATA_DIR": data,
                "AzureWebJobsStorage": "UseDevelopmentStorage=true",
            },
            input=image,
            capture_output=True,
        )
        taken = time.perf_counter() - started
    if done.returncode != 0:
        raise FirstDetectionFailed(done.stderr.decode()[-2000:])
    return taken


if __name__ == "__main__":
    print(table(measure(rounds=5)))
