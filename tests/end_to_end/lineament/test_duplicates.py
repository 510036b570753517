"""Persons who look like one are found, and persons whose faces look like two people's."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.refusals import refused
from tests.end_to_end.service import RunningService

ENROLLED = {
    "Ada": ("Family1-Dad1.jpg", "Family1-Dad2.jpg"),
    "Ben": ("Family1-Mom1.jpg",),
    "Adrian": ("Family1-Dad3.jpg",),
    "Both": ("Family2-Lady1.jpg", "Family2-Man1.jpg"),
}


def enroll(service: RunningService, faces: Path, collection: str) -> dict[str, str]:
    """Name to personId of persons of a group, or of the directory."""
    directory = collection == "persondirectory"
    persons = {}
    for name, files in ENROLLED.items():
        path = "persons" if directory else f"{collection}/persons"
        person = persons[name] = service.ok("POST", path, {"name": name})["personId"]
        add = f"{path}/{person}"
        add += "/recognitionModels/recognition_04/persistedfaces" if directory else ""
        add += "" if directory else "/persistedfaces"
        for file in files:
            service.ok("POST", add, image=(faces / file).read_bytes())
    return persons


def pairs_of(found: dict[str, Any], persons: dict[str, str]) -> list[set[str]]:
    """The names of pairs of these persons."""
    names = set(persons)
    pairs = [{one["name"] for one in pair["persons"]} for pair in found["pairs"]]
    return [pair for pair in pairs if pair <= names]


@pytest.mark.parametrize("kind", ["largepersongroups", "persongroups", "persondirectory"])
def test_duplicates_are_found_and_deleted_persons_leave_the_answer_at_once(
    service: RunningService, faces: Path, kind: str
) -> None:
    collection = kind if kind == "persondirectory" else f"{kind}/{uuid.uuid4().hex}"
    if collection != kind:
        service.ok("PUT", collection, {"name": "some", "recognitionModel": "recognition_04"})
    persons = enroll(service, faces, collection)
    if collection != kind:
        assert service.train(collection)["status"] == "succeeded"
    found = service.own("GET", "duplicates", collection=collection)
    assert (found["collection"], found["status"]) == (collection, "succeeded")
    assert found["computed"].endswith("Z")
    (pair,) = (
        one
        for one in found["pairs"]
        if {two["name"] for two in one["persons"]} == {"Ada", "Adrian"}
    )
    assert [one["personId"] for one in pair["persons"]] == sorted(
        [persons["Ada"], persons["Adrian"]]
    )
    assert 0.75 <= pair["confidence"] <= 1 and 0.4 < pair["cosine"] < 1
    (mixed,) = (one for one in found["mixed"] if one["personId"] == persons["Both"])
    assert [len(group) for group in mixed["groups"]] == [1, 1]
    assert mixed["name"] == "Both" and mixed["confidence"] < 0.3

    lenient = service.own("GET", "duplicates", collection=collection, confidenceThreshold="0")
    assert len(pairs_of(lenient, persons)) == 6
    path = "persons" if collection == kind else f"{collection}/persons"
    service.ok("DELETE", f"{path}/{persons['Adrian']}")
    service.ok("DELETE", f"{path}/{persons['Both']}")
    found = service.own("GET", "duplicates", collection=collection)
    assert pairs_of(found, persons) == []
    assert persons["Both"] not in {one["personId"] for one in found["mixed"]}


def test_pairs_come_page_by_page_most_similar_first(service: RunningService, faces: Path) -> None:
    collection = f"largepersongroups/{uuid.uuid4().hex}"
    service.ok("PUT", collection, {"name": "some", "recognitionModel": "recognition_04"})
    enroll(service, faces, collection)
    assert service.train(collection)["status"] == "succeeded"
    query = {"collection": collection, "confidenceThreshold": "0", "top": "4"}
    first = service.own("GET", "duplicates", **query)
    second = service.own("GET", "duplicates", start=first["continuation"], **query)
    confidences = [one["confidence"] for one in first["pairs"] + second["pairs"]]
    assert len(confidences) == 6
    assert confidences == sorted(confidences, reverse=True)
    assert "continuation" not in second
    assert len(first["mixed"]) == 1 and second["mixed"] == []


def test_a_group_without_persons_has_no_duplicates(service: RunningService, faces: Path) -> None:
    collection = f"persongroups/{uuid.uuid4().hex}"
    service.ok("PUT", collection, {"name": "some"})
    answer = service.call_own("GET", "duplicates", collection=collection)
    assert refused(answer, 404)["code"] == "PersonGroupNotTrained"
    person = f"{collection}/persons/"
    person += service.ok("POST", f"{collection}/persons", {"name": "A"})["personId"]
    image = (faces / "Family1-Dad1.jpg").read_bytes()
    service.ok("POST", f"{person}/persistedfaces", image=image)
    assert service.train(collection)["status"] == "succeeded"
    service.ok("DELETE", person)
    found = service.own("GET", "duplicates", collection=collection)
    assert (found["pairs"], found["mixed"]) == ([], [])


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 400, "BadArgument"),
        ({"collection": "facelists/a"}, 400, "BadArgument"),
        ({"collection": "dynamicpersongroups/a"}, 400, "BadArgument"),
        ({"collection": "largepersongroups/nowhere"}, 404, "LargePersonGroupNotFound"),
        ({"collection": "persongroups/nowhere"}, 404, "PersonGroupNotFound"),
        ({"collection": "persondirectory", "confidenceThreshold": "2"}, 400, "BadArgument"),
        ({"collection": "persondirectory", "recognitionModel": "none"}, 400, "BadArgument"),
        ({"collection": "persondirectory", "start": "x"}, 400, "BadArgument"),
        ({"collection": "persondirectory", "top": "0"}, 400, "BadArgument"),
    ],
)
def test_an_invalid_search_is_refused(
    service: RunningService, query: dict[str, str], status: int, code: str
) -> None:
    answer = service.call_own("GET", "duplicates", **query)
    assert refused(answer, status)["code"] == code
