"""The whole hostile corpus over HTTP, a tenth of its images through uploads."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from tests.end_to_end.service import RunningService
from tests.hostile.images import image_cases
from tests.hostile.requests import HEADS, request_cases
from tests.hostile.run import HostileRun

_UPLOADS_STRIDE = 10


def run() -> Mapping[str, object]:
    """Send everything to one service."""
    with (
        tempfile.TemporaryDirectory() as folder,
        RunningService(Path(folder), {"FACE_URL_ALLOW_PRIVATE": "true"}) as service,
    ):
        hostile = HostileRun(service)
        hostile.send_images(image_cases())
        hostile.send_requests(request_cases())
        hostile.send_heads(HEADS)
        hostile.upload(islice(image_cases(), 0, None, _UPLOADS_STRIDE), seconds=3_600)
        hostile.finish()
        return {**hostile.outcomes, "most CPU seconds of a case": hostile.slowest}
