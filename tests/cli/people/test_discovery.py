"""duplicates and unknowns, with the real service."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

from lineament.connection.client import Client
from lineament.service.discovery import find_duplicates
from tests.cli.conftest import CommandLine
from tests.images import portrait


@pytest.fixture
def group(lineament: CommandLine, people: Path) -> str:
    """A trained group with Ada, Bob, and Ada once more as Adele."""
    name = uuid.uuid4().hex
    (people / "Bob" / "broken.jpg").unlink()
    (people / "Adele").mkdir()
    (people / "Ada" / "person_a_2.jpg").rename(people / "Adele" / "person_a_2.jpg")
    assert lineament("enroll", people, "--group", name, "--train").code == 0
    return name


@pytest.fixture
def unknown(lineament: CommandLine, group: str, tmp_path: Path) -> Iterator[str]:
    """The id of an unknown person whom an upload shows."""
    door = tmp_path / "door"
    door.mkdir()
    copyfile(portrait("impostor_2"), door / "a.jpg")
    arguments = ("--results", tmp_path / "results", "--prefix", f"{uuid.uuid4().hex}/")
    assert lineament("upload", door, "--group", group, *arguments).code == 0
    (one,) = lineament.json("unknowns", "list")
    yield str(one["unknownId"])
    left = lineament("unknowns", "list", "--json")
    if left.code == 0:
        assert lineament("unknowns", "forget", one["unknownId"], "--yes").code == 0


def test_duplicates_are_listed_with_their_names(lineament: CommandLine, group: str) -> None:
    found = lineament.json("duplicates", "--group", group)
    (pair,) = found["pairs"]
    assert {one["name"] for one in pair["persons"]} == {"Ada", "Adele"}
    shown = lineament("duplicates", "--group", group)
    assert shown.code == 0
    assert "Ada" in shown.out and "Adele" in shown.out
    nothing = lineament("duplicates", "--group", group, "--threshold", "1")
    assert nothing.code == 1
    assert lineament("duplicates", "--group", "nowhere").code == 1


def test_an_unknown_person_is_listed_promoted_and_gone(
    lineament: CommandLine, group: str, unknown: str
) -> None:
    assert unknown in lineament("unknowns", "list").out
    promote = ("unknowns", "promote", unknown, "--group", group)
    assert lineament(*promote).code == 2
    made = lineament.json(*promote, "--name", "Cleo")
    assert len(made["persistedFaceIds"]) == 1
    names = {one["name"] for one in lineament.json("persons", "list", "--group", group)}
    assert "Cleo" in names
    assert lineament("unknowns", "list").code == 1
    assert lineament("unknowns", "merge", unknown, unknown).code == 1


def test_an_unknown_person_is_forgotten(lineament: CommandLine, unknown: str) -> None:
    other = str(uuid.uuid4())
    assert lineament("unknowns", "merge", unknown, other).code == 1
    forgotten = lineament("unknowns", "forget", unknown, "--yes")
    assert forgotten.code == 0
    assert "forgotten" in forgotten.out
    assert lineament("unknowns", "forget", unknown, "--yes").code == 1


def test_a_search_that_runs_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    page = {"collection": "persongroups/a", "status": "succeeded", "pairs": [1], "mixed": [2]}
    answers = [
        {"collection": "persongroups/a", "status": "running", "percent": 40},
        {**page, "continuation": "1"},
        {**page, "mixed": []},
    ]

    class Answering(Client):
        """A client with answers of its own."""

        def __init__(self) -> None:
            self.asked: list[object] = []

        def json(self, method: str, path: str, **sent: object) -> object:
            query = sent["query"]
            assert isinstance(query, dict)
            self.asked.append(query.get("start"))
            return answers.pop(0)

    client, percents, pauses = Answering(), list[int](), list[float]()
    found = find_duplicates(
        client, "persongroups/a", None, progress=percents.append, pause=pauses.append
    )
    assert (found["pairs"], found["mixed"]) == ([1, 1], [2])
    assert (percents, pauses, client.asked) == ([40], [2.0], [None, None, "1"])
