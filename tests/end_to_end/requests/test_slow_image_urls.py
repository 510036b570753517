"""Image URLs of a server that does not answer hold up no other request."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

import httpx

from tests.end_to_end.service import RunningService, eventually
from tests.unit.network.image_servers import serving

REQUESTS = 70
"""More than the host has threads."""
PLACES = 24
"""Downloads at once, and those that wait for one."""


def test_many_slow_image_urls_leave_threads_for_other_requests(tmp_path: Path) -> None:
    released = Event()

    def held(handler: BaseHTTPRequestHandler) -> None:
        released.wait()
        handler.send_error(404)

    with (
        serving({"/": held}) as server,
        RunningService(tmp_path, {"FACE_URL_ALLOW_PRIVATE": "true"}) as service,
        ThreadPoolExecutor(REQUESTS) as pool,
    ):
        body = {"url": f"http://127.0.0.1:{server.server_port}/"}
        answers: list[Future[httpx.Response]] = [
            pool.submit(service.call, "POST", "detect", body) for _ in range(REQUESTS)
        ]
        try:
            eventually(lambda: sum(map(Future.done, answers)) == REQUESTS - PLACES or None)
            others = [service.call("GET", "persongroups").status_code for _ in range(5)]
            unfinished = sum(not answer.done() for answer in answers)
        finally:
            released.set()
        assert others == [200] * 5
        assert unfinished == PLACES
        found = [answer.result() for answer in answers]
        assert Counter(one.status_code for one in found) == {503: REQUESTS - PLACES, 400: PLACES}
        assert all("retry-after" in one.headers for one in found if one.status_code == 503)
