"""A tenth of the hostile corpus over HTTP, 300 files through uploads; `make soak` sends it all.

Files of most pixels are in tests/unit/vision/decoding/test_bounds.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

from tests.end_to_end.service import RunningService
from tests.hostile.images import image_cases
from tests.hostile.requests import HEADS, request_cases
from tests.hostile.run import HostileRun

pytestmark = pytest.mark.timeout(600)

TENTH = 10
UPLOADS_STRIDE = 70
"""Every seventieth case: about 300."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileRun]:
    """A run against a service of its own."""
    folder = tmp_path_factory.mktemp("hostile")
    with RunningService(folder, {"FACE_URL_ALLOW_PRIVATE": "true"}) as service:
        yield HostileRun(service)


def test_every_hostile_image_gets_a_documented_answer(run: HostileRun) -> None:
    count = 0
    for number, case in enumerate(image_cases(with_bombs=False)):
        count = number + 1
        if number % TENTH == 0:
            run.send_images([case])
    assert count >= 20_000
    assert run.outcomes["200"] > 100
    assert run.outcomes["400 InvalidImage"] > 100
    run.finish()


def test_every_hostile_request_gets_a_documented_answer(run: HostileRun) -> None:
    run.send_requests(islice(request_cases(), 0, None, TENTH))
    run.send_heads(HEADS)
    run.finish()


def test_every_hostile_upload_gets_a_result_and_none_is_given_up(run: HostileRun) -> None:
    run.upload(islice(image_cases(with_bombs=False), 0, None, UPLOADS_STRIDE), seconds=300)
    assert run.outcomes["uploads with a result"] >= 290
    run.finish()
