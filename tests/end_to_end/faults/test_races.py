"""Concurrent clients get the documented conflict, or the result of some serial order."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.end_to_end.service import RunningService
from tests.images import portrait

IMAGE = portrait("person_a_1").read_bytes()


def race(calls: Sequence[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """The responses to concurrent calls."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], httpx.Response]) -> httpx.Response:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def codes(answers: Sequence[httpx.Response]) -> list[str]:
    """The sorted error codes of responses; "" for success."""
    return sorted(
        answer.json()["error"]["code"] if answer.status_code >= 400 else "" for answer in answers
    )


@pytest.mark.parametrize(
    ("segment", "code"),
    [
        ("persongroups", "PersonGroupExists"),
        ("largepersongroups", "LargePersonGroupExists"),
        ("facelists", "FaceListExists"),
        ("largefacelists", "LargeFaceListExists"),
        ("dynamicpersongroups", "DynamicPersonGroupExists"),
    ],
)
def test_of_clients_that_create_the_same_id_one_succeeds(
    service: RunningService, segment: str, code: str
) -> None:
    path = f"{segment}/{uuid.uuid4().hex}"
    names = [f"client {number}" for number in range(6)]
    answers = race(
        [lambda name=name: service.call("PUT", path, {"name": name}) for name in names]  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    )
    assert codes(answers) == ["", *[code] * 5]
    assert {answer.status_code for answer in answers} == {200, 409}
    winner = next(
        name for name, answer in zip(names, answers, strict=True) if answer.status_code == 200
    )
    assert service.ok("GET", path)["name"] == winner


def test_of_clients_that_train_at_once_one_starts_it(service: RunningService) -> None:
    path = f"largefacelists/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "trained at once"})
    service.ok("POST", f"{path}/persistedfaces", image=IMAGE)
    answers = race([lambda: service.call("POST", f"{path}/train")] * 6)
    counted = Counter(codes(answers))
    # If a training ends between two requests, the later one may start another.
    assert counted[""] >= 1
    assert set(counted) <= {"", "LargeFaceListTrainingNotFinished"}
    assert all(answer.status_code in (202, 409) for answer in answers)


def test_faces_added_to_one_person_at_once_are_all_there(service: RunningService) -> None:
    group = f"persongroups/{uuid.uuid4().hex}"
    service.ok("PUT", group, {"name": "busy"})
    person = service.ok("POST", f"{group}/persons", {"name": "A"})["personId"]
    path = f"{group}/persons/{person}"
    answers = race([lambda: service.call("POST", f"{path}/persistedfaces", image=IMAGE)] * 6)
    assert {answer.status_code for answer in answers} == {200}
    added = sorted(answer.json()["persistedFaceId"] for answer in answers)
    assert sorted(service.ok("GET", path)["persistedFaceIds"]) == added


def test_faces_added_to_one_face_list_at_once_are_all_there(service: RunningService) -> None:
    path = f"facelists/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "busy"})
    answers = race([lambda: service.call("POST", f"{path}/persistedfaces", image=IMAGE)] * 6)
    assert {answer.status_code for answer in answers} == {200}
    added = sorted(answer.json()["persistedFaceId"] for answer in answers)
    listed = [face["persistedFaceId"] for face in service.ok("GET", path)["persistedFaces"]]
    assert listed == added


def test_a_face_deleted_by_two_clients_is_deleted_once(service: RunningService) -> None:
    path = f"facelists/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "deleted twice"})
    face = service.ok("POST", f"{path}/persistedfaces", image=IMAGE)["persistedFaceId"]
    answers = race([lambda: service.call("DELETE", f"{path}/persistedfaces/{face}")] * 4)
    assert codes(answers) == ["", *["PersistedFaceNotFound"] * 3]


@pytest.mark.parametrize("segment", ["persongroups", "facelists", "largefacelists"])
def test_what_is_added_while_the_collection_is_deleted_is_gone_with_it(
    service: RunningService, segment: str
) -> None:
    path = f"{segment}/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "doomed"})
    target = path
    if segment == "persongroups":
        person = service.ok("POST", f"{path}/persons", {"name": "A"})["personId"]
        target = f"{path}/persons/{person}"
    adding = [lambda: service.call("POST", f"{target}/persistedfaces", image=IMAGE)] * 4
    *added, deleted = race([*adding, lambda: service.call("DELETE", path)])
    assert deleted.status_code == 200
    assert {answer.status_code for answer in added} <= {200, 404}
    assert service.call("GET", path).status_code == 404
    service.ok("PUT", path, {"name": "another life"})
    below = {
        "persongroups": lambda: service.ok("GET", f"{path}/persons"),
        "facelists": lambda: service.ok("GET", path)["persistedFaces"],
        "largefacelists": lambda: service.ok("GET", f"{path}/persistedfaces"),
    }
    assert below[segment]() == []


def test_a_name_changed_by_many_at_once_is_one_of_theirs(service: RunningService) -> None:
    path = f"largepersongroups/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "before"})
    names = [f"client {number}" for number in range(6)]
    answers = race(
        [lambda name=name: service.call("PATCH", path, {"name": name}) for name in names]  # type: ignore[misc]  # as above
    )
    assert set(codes(answers)) <= {"", "ConcurrentOperationConflict"}
    assert service.ok("GET", path)["name"] in names
