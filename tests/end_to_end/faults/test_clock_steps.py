"""The clock of the service's machine is set back and forward by a day while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.refusals import refused
from tests.end_to_end.service import RunningService
from tests.images import portrait

SHIFTED_CLOCK = '''"""Imported by Python at its start: shifts the clock by the seconds in a file."""

import os
import time
from pathlib import Path

_file, _unshifted = Path(os.environ["CLOCK_SHIFT"]), time.time


def _shifted() -> float:
    return _unshifted() + float(_file.read_text())


time.time = _shifted
'''

DAY = 86_400


class ShiftedService(RunningService):
    """A service whose clock a test sets."""

    def set_clock(self, seconds: int) -> None:
        """Set the clock so far ahead of the true time, or behind it."""
        replacement = self.data / "shift.new"
        replacement.write_text(str(seconds))
        replacement.replace(self.data / "shift")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShiftedService]:
    folder = tmp_path_factory.mktemp("clock")
    modules = folder / "modules"
    modules.mkdir()
    (modules / "sitecustomize.py").write_text(SHIFTED_CLOCK)
    environment = {"PYTHONPATH": str(modules), "CLOCK_SHIFT": str(folder / "shift")}
    shifted = ShiftedService(folder, environment)
    shifted.set_clock(0)
    with shifted:
        yield shifted


@pytest.mark.parametrize("first", [-DAY, DAY], ids=["back and forward", "forward and back"])
def test_enrolment_training_search_and_deletion_go_on(service: ShiftedService, first: int) -> None:
    service.set_clock(0)
    path = f"largepersongroups/clock{first}"
    service.ok("PUT", path, {"name": "clock"})
    person = enrol(service, path, "person_a")
    train(service, path)
    before = detect(service)
    assert found(service, path, before) == [person]

    service.set_clock(first)
    if first < 0:
        assert found(service, path, before) == [person]
    else:
        expired = service.call("POST", "identify", question(path, before))
        assert refused(expired, 400)["code"] == "FaceNotFound"
    other = enrol(service, path, "person_b")
    train(service, path)
    after = detect(service)
    assert found(service, path, after) == [person]
    service.ok("DELETE", f"{path}/persons/{person}")
    assert found(service, path, after) == []

    service.set_clock(0)
    train(service, path)
    assert found(service, path, detect(service)) == []
    persons = service.ok("GET", f"{path}/persons")
    assert [one["personId"] for one in persons] == [other]


def enrol(service: RunningService, path: str, name: str) -> str:
    person: str = service.ok("POST", f"{path}/persons", {"name": name})["personId"]
    faces = f"{path}/persons/{person}/persistedfaces"
    service.ok("POST", faces, image=portrait(f"{name}_1").read_bytes())
    return person


def detect(service: RunningService) -> str:
    (face,) = service.faces(portrait("person_a_2").read_bytes())
    return face


def train(service: RunningService, path: str) -> None:
    status = service.train(path)
    assert status["status"] == "succeeded", status


def found(service: RunningService, path: str, face: str) -> list[str]:
    (result,) = service.ok("POST", "identify", question(path, face))
    return [candidate["personId"] for candidate in result["candidates"]]


def question(path: str, face: str) -> dict[str, Any]:
    """The body of an identify."""
    return {"faceIds": [face], "largePersonGroupId": path.partition("/")[2]}
