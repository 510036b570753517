"""onnxruntime's telemetry is off before onnxruntime is imported, unless the operator says 0."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.end_to_end.service import ROOT

PROGRAM = "import os, shared.vision.runtime.sessions; print(os.environ['ORT_DISABLE_TELEMETRY'])"


@pytest.mark.parametrize(("given", "seen"), [({}, "1"), ({"ORT_DISABLE_TELEMETRY": "0"}, "0")])
def test_the_switch_is_off_and_the_operators_own_is_respected(
    given: dict[str, str], seen: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "CI": "1", **given},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == seen
