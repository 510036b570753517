"""Storage that answers 500 and 503 and resets connections: what is refused, and what goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.emulator.azurite import Azurite
from tests.end_to_end.faults.faulty_storage import FaultyProxy
from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait

PATH = "largepersongroups/outage"


@dataclass
class FaultyService:
    """A service whose blobs and queues are behind proxies."""

    service: RunningService
    proxies: list[FaultyProxy]

    def fail(self, failing: bool) -> None:
        """Fail every request from now on, or none."""
        for proxy in self.proxies:
            proxy.failing = failing


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[FaultyService]:
    azurite = Azurite(tmp_path / "azurite", usual_ports=False)
    proxies: list[FaultyProxy] = []

    def behind_proxy(found: re.Match[str]) -> str:
        proxies.append(FaultyProxy(int(found[0])))
        return str(proxies[-1].port)

    try:
        storage = re.sub(r"(?<=127\.0\.0\.1:)\d+", behind_proxy, azurite.wait())
        with RunningService(tmp_path, {"AzureWebJobsStorage": storage}) as service:
            yield FaultyService(service, proxies)
    finally:
        for proxy in proxies:
            proxy.close()
        azurite.stop()


def test_what_needs_storage_is_refused_until_it_answers_and_nothing_is_lost(
    faulty: FaultyService,
) -> None:
    service = faulty.service
    image = portrait("person_a_1").read_bytes()
    service.ok("PUT", PATH, {"name": "outage"})
    persons = []
    for name in ("person_a_1", "person_b_1"):
        person = service.ok("POST", f"{PATH}/persons", {"name": name})["personId"]
        faces = f"{PATH}/persons/{person}/persistedfaces"
        service.ok("POST", faces, image=portrait(name).read_bytes())
        persons.append(person)
    assert service.train(PATH)["status"] == "succeeded"
    assert found(service, image) == persons[:1]

    faulty.fail(True)
    with ThreadPoolExecutor() as threads:
        refused = [
            threads.submit(service.call, "POST", f"{PATH}/train"),
            threads.submit(service.call_own, "PUT", "uploads/outage.jpg", image=image),
        ]
        assert found(service, image) == persons[:1], "the snapshot is on this machine"
        service.ok("DELETE", f"{PATH}/persons/{persons[0]}")
        assert found(service, image) == []
    for response in (one.result() for one in refused):
        assert response.status_code == 503, response.text
        assert int(response.headers["retry-after"]) >= 1
    assert sum(proxy.failed for proxy in faulty.proxies) >= 6, "each call was made three times"

    faulty.fail(False)
    service.own("PUT", "uploads/outage.jpg", image=image)
    eventually(lambda: service.own("GET", "uploads/outage.jpg")["status"] == "succeeded" or None)
    assert service.train(PATH)["status"] == "succeeded"
    assert found(service, image) == []
    assert found(service, portrait("person_b_1").read_bytes()) == persons[1:]


def found(service: RunningService, image: bytes) -> list[str]:
    """The personIds that identify answers for an image."""
    body = {"faceIds": service.faces(image), "largePersonGroupId": PATH.partition("/")[2]}
    (result,) = service.ok("POST", "identify", body)
    return [candidate["personId"] for candidate in result["candidates"]]
