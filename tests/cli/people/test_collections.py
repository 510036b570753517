"""groups, persons and faces: list, show, rename, delete."""

from __future__ import annotations

import csv
import io
import uuid
from pathlib import Path
from shutil import copyfile

import pytest

from tests.cli.conftest import CommandLine
from tests.images import portrait


@pytest.fixture
def group(lineament: CommandLine, people: Path) -> str:
    """A group with Ada, who has two faces, and Bob, who has one."""
    name = uuid.uuid4().hex
    lineament("enroll", people, "--group", name)
    return name


def test_groups_are_listed_shown_renamed_and_deleted(lineament: CommandLine, group: str) -> None:
    path = f"largepersongroups/{group}"
    assert path in [one["collection"] for one in lineament.json("groups", "list")]
    assert lineament("groups", "rename", group, "--name", "The staff").code == 0
    shown = lineament.json("groups", "show", group)
    assert (shown["name"], shown["persons"], shown["faces"]) == ("The staff", 2, 3)
    assert lineament("groups", "delete", path, "--yes").code == 0
    missing = lineament("groups", "show", group)
    assert missing.code == 1
    assert missing.err == (
        f"lineament: There is no collection {group}. `lineament groups list` shows what there is.\n"
    )


def test_a_gate_is_set_shown_followed_and_removed(
    lineament: CommandLine, group: str, people: Path
) -> None:
    path = f"largepersongroups/{group}"
    assert lineament.json("groups", "gate", group) == {
        "collection": path,
        "minimumQuality": None,
        "faces": None,
    }
    gate = lineament.json("groups", "gate", group, "--minimum-quality", "low", "--faces", "only")
    assert gate == {"collection": path, "minimumQuality": "low", "faces": "only"}
    stranger = people.parent / "more" / "Bob"
    stranger.mkdir(parents=True)
    copyfile(portrait("impostor_1"), stranger / "not_bob.jpg")
    command = ("enroll", stranger.parent, "--group", group)
    assert lineament(*command).code == 3
    with Path("refused.csv").open(encoding="utf-8") as file:
        assert [row["code"] for row in csv.DictReader(file)] == ["UnlikeOthers"]
    assert lineament(*command, "--minimum-quality", "any").code == 0
    assert lineament("groups", "gate", group, "--remove", "--faces", "only").code == 2
    assert "only" not in lineament("groups", "gate", group, "--remove").out
    assert lineament.json("groups", "gate", group)["faces"] is None
    assert lineament("groups", "gate", "persondirectory").code == 3


def test_persons_are_found_by_the_beginning_of_their_names(
    lineament: CommandLine, group: str
) -> None:
    assert {one["name"] for one in lineament.json("persons", "list", "--group", group)} == {
        "Ada",
        "Bob",
    }
    found = lineament.json("persons", "list", "--group", group, "--name", "aD")
    assert [one["name"] for one in found] == ["Ada"]
    assert lineament("persons", "list", "--group", group, "--name", "zo").code == 1


def test_a_person_is_renamed_by_name_and_deleted_by_id(lineament: CommandLine, group: str) -> None:
    person = lineament.json("persons", "show", "Ada", "--group", group)["personId"]
    renamed = lineament(
        "persons", "rename", "Ada", "--group", group, "--name", "Ada L.", "--user-data", "x"
    )
    assert renamed.code == 0
    shown = lineament.json("persons", "show", person, "--group", group)
    assert (shown["name"], shown["userData"]) == ("Ada L.", "x")
    assert lineament("persons", "delete", person, "--group", group, "--yes").code == 0
    assert lineament("persons", "show", person, "--group", group).code == 1


def test_a_name_that_two_persons_have_is_refused(lineament: CommandLine, group: str) -> None:
    lineament("persons", "rename", "Ada", "--group", group, "--name", "Bob")
    result = lineament("persons", "show", "Bob", "--group", group)
    assert result.code == 3
    assert "2 persons are named 'Bob'" in result.err


def test_faces_are_listed_shown_changed_and_deleted(lineament: CommandLine, group: str) -> None:
    of_ada = ("--group", group, "--person", "Ada")
    first, second = lineament.json("faces", "list", *of_ada)
    face = first["persistedFaceId"]
    assert lineament("faces", "rename", face, *of_ada, "--user-data", "front").code == 0
    assert lineament.json("faces", "show", face, *of_ada)["userData"] == "front"
    assert lineament("faces", "delete", face, *of_ada, "--yes").code == 0
    left = lineament.json("faces", "list", *of_ada)
    assert [one["persistedFaceId"] for one in left] == [second["persistedFaceId"]]
    assert lineament("faces", "show", second["persistedFaceId"], "--group", group).code == 2


def test_faces_of_a_face_list_need_no_person(lineament: CommandLine, group: str) -> None:
    for kind in ("facelists", "largefacelists"):
        assert lineament("faces", "list", "--group", f"{kind}/{uuid.uuid4().hex}").code == 1
    assert len(lineament.json("faces", "list", "--group", group)) == 3


def test_a_deletion_is_not_done_without_a_yes(
    lineament: CommandLine, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    declined = lineament("groups", "delete", group)
    assert declined.code == 130
    assert declined.err.endswith(
        "lineament: Nothing was done: a question was not answered, or with no.\n"
    )
    assert lineament("groups", "show", group).code == 0
