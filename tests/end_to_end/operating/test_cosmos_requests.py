"""Each call makes the Cosmos DB requests that the documentation states."""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.service import ROOT, RunningService, eventually
from tests.images import portrait

CHANGING = ("add face", "delete face", "delete person")
"""Calls that change what the other ones read."""


class Log:
    """The new lines of a service's log."""

    def __init__(self, service: RunningService) -> None:
        self._path: Path = service.data / "host.log"
        self._read = 0

    def requests_of(self, call: Callable[[], object], function: str) -> Counter[str]:
        """Operations on Cosmos DB from the call until the log shows that the function has ended."""
        self._read = self._path.stat().st_size
        call()

        def ended() -> list[dict[str, object]] | None:
            with self._path.open("rb") as log:
                log.seek(self._read)
                lines = [json.loads(line) for line in log if line.startswith(b'{"time"')]
            done = [line for line in lines if line.get("function") == function]
            return lines if done else None

        return Counter(
            f"{line['operation']} {line['container']}"
            for line in eventually(ended)
            if line["event"] == "cosmos operation"
        )


def documented() -> dict[str, Counter[str]]:
    """The table of docs/cosmos.md."""
    page = (ROOT / "docs" / "cosmos.md").read_text("utf-8")
    table = page.partition("<!-- requests -->")[2].partition("<!-- /requests -->")[0]
    found = {}
    for call, requests in re.findall(r"^\| ([a-z].*?) \| (.*?) \|$", table, re.MULTILINE)[1:]:
        counts: Counter[str] = Counter()
        for part in () if requests == "none" else requests.split(", "):
            number, _, rest = part.partition(" ")
            counts[rest if number.isdigit() else part] = int(number) if number.isdigit() else 1
        found[call] = counts
    return found


@pytest.fixture(scope="module")
def counted(cosmos_service: RunningService) -> dict[str, Counter[str]]:
    """The requests of each call, on a service that has served it once before."""
    service, log = cosmos_service, Log(cosmos_service)
    group = uuid.uuid4().hex
    path = f"largepersongroups/{group}"
    service.ok("PUT", path, {"name": "counted"})
    person = service.ok("POST", f"{path}/persons", {"name": "A"})["personId"]
    one, same = portrait("person_a_1").read_bytes(), portrait("person_a_2").read_bytes()
    add = f"{path}/persons/{person}/persistedfaces"
    service.ok("POST", add, image=one)
    spare = f"{path}/persons/{service.ok('POST', f'{path}/persons', {'name': 'B'})['personId']}"
    spares = [service.ok("POST", f"{spare}/persistedfaces", image=one) for _ in range(2)]
    service.ok("DELETE", f"{spare}/persistedfaces/{spares.pop()['persistedFaceId']}")
    service.train(path)
    detected = [service.faces(one)[0] for _ in range(10)]
    faces = {"faceId1": detected[0], "faceId2": detected[1]}
    face = {"faceId": detected[0], "personId": person, "largePersonGroupId": group}
    first = {"faceIds": detected[:1], "largePersonGroupId": group}
    every = {"faceIds": detected, "largePersonGroupId": group}
    extra: list[str] = []

    def create_person() -> None:
        extra.append(service.ok("POST", f"{path}/persons", {"name": "C"})["personId"])

    calls: dict[str, tuple[str, Callable[[], object]]] = {
        "detect with faceId": ("detect", lambda: service.faces(same)),
        "detect without faceId": (
            "detect",
            lambda: service.ok("POST", "detect", image=one, returnFaceId="false"),
        ),
        "verify face with face": ("verify", lambda: service.ok("POST", "verify", faces)),
        "verify face with person": ("verify", lambda: service.ok("POST", "verify", face)),
        "identify one face": ("identify", lambda: service.ok("POST", "identify", first)),
        "identify ten faces": ("identify", lambda: service.ok("POST", "identify", every)),
        "create person": ("largepersongroups_create_person", create_person),
        "add face": (
            "largepersongroups_add_face",
            lambda: service.ok("POST", add, image=same),
        ),
        "delete face": (
            "largepersongroups_delete_face",
            lambda: service.ok(
                "DELETE", f"{spare}/persistedfaces/{spares.pop()['persistedFaceId']}"
            ),
        ),
        "identify after a deletion": (
            "identify",
            lambda: service.ok("POST", "identify", first),
        ),
        "delete person": (
            "largepersongroups_delete_person",
            lambda: service.ok("DELETE", f"{path}/persons/{extra.pop()}"),
        ),
    }
    for name, (_, call) in calls.items():
        if name not in CHANGING:
            call()
    while len({person_id[0] for person_id in extra}) < 16:
        create_person()  # the first person of each digit also creates its counter
    return {name: log.requests_of(call, function) for name, (function, call) in calls.items()}


def test_every_call_asks_for_what_the_documentation_says(
    counted: dict[str, Counter[str]],
) -> None:
    assert counted == documented()
