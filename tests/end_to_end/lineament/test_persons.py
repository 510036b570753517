"""Persons are found by the beginning of their names, in any case, page by page."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.end_to_end.refusals import refused
from tests.end_to_end.service import RunningService

NAMES = ("Ada Lovelace", "adam", "ADA", "Çelik", "Bob")

LAST_ID = "ffffffff-ffff-4fff-bfff-ffffffffffff"
"""No personId comes after it."""


def found(service: RunningService, collection: str, **query: str) -> list[dict[str, Any]]:
    """The persons of all pages."""
    persons: list[dict[str, Any]] = []
    query = {"collection": collection, **query}
    while True:
        page = service.own("GET", "persons", **query)
        persons += page["persons"]
        if "continuation" not in page:
            return persons
        query["start"] = page["continuation"]


@pytest.mark.parametrize("kind", ["persongroups", "largepersongroups", "persondirectory"])
def test_persons_are_found_by_the_beginning_of_their_names(
    service: RunningService, kind: str
) -> None:
    mark = uuid.uuid4().hex[:8]
    if kind == "persondirectory":
        collection, path, prefix = kind, "persons", mark
    else:
        collection = f"{kind}/{mark}"
        service.ok("PUT", collection, {"name": "some"})
        path, prefix = f"{collection}/persons", ""
    ids = {
        name: service.ok("POST", path, {"name": prefix + name, "userData": name})["personId"]
        for name in NAMES
    }
    persons = found(service, collection, name=f"{prefix}ada", top="2")
    assert {one["name"] for one in persons} == {
        prefix + name for name in ("Ada Lovelace", "adam", "ADA")
    }
    assert [one["personId"] for one in persons] == sorted(one["personId"] for one in persons)
    (person,) = found(service, collection, name=f"{prefix}çEL")
    assert person == {
        "personId": ids["Çelik"],
        "name": f"{prefix}Çelik",
        "userData": "Çelik",
        "persistedFaceIds": [],
    }
    assert found(service, collection, name=f"{prefix}absent") == []
    assert len(found(service, collection, name=prefix)) == len(NAMES)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 400, "BadArgument"),
        ({"collection": "facelists/a"}, 400, "BadArgument"),
        ({"collection": "dynamicpersongroups/a"}, 400, "BadArgument"),
        ({"collection": "elsewhere/a"}, 400, "BadArgument"),
        ({"collection": "persongroups/nowhere"}, 404, "PersonGroupNotFound"),
        ({"collection": "persondirectory", "name": "x" * 129}, 400, "BadArgument"),
        ({"collection": "persondirectory", "start": "x"}, 400, "BadArgument"),
        ({"collection": "persondirectory", "top": "1001"}, 400, "BadArgument"),
    ],
)
def test_an_invalid_search_is_refused(
    service: RunningService, query: dict[str, str], status: int, code: str
) -> None:
    answer = service.call_own("GET", "persons", **query)
    assert refused(answer, status)["code"] == code


def test_a_search_can_begin_after_an_id(service: RunningService) -> None:
    collection = f"persongroups/{uuid.uuid4().hex}"
    service.ok("PUT", collection, {"name": "some"})
    ids = sorted(
        service.ok("POST", f"{collection}/persons", {"name": "A"})["personId"] for _ in range(3)
    )
    persons = found(service, collection, start=ids[0])
    assert [one["personId"] for one in persons] == ids[1:]
    assert found(service, collection, start=LAST_ID) == []
