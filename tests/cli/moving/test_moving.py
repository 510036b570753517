"""export, import and re-enrol against the real service; deletions show."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from lineament.commands.moving import archive
from lineament.moving import archive as moving
from tests.cli.conftest import CommandLine
from tests.end_to_end.service import RunningService, await_next_round, eventually
from tests.images import portrait


@pytest.fixture
def group(lineament: CommandLine, people: Path) -> str:
    """A trained group with Ada, of two faces, and Bob, of one."""
    name = uuid.uuid4().hex
    (people / "Bob" / "broken.jpg").unlink()
    assert lineament("enroll", people, "--group", name, "--train").code == 0
    return name


def test_a_group_moves_by_a_file_with_its_ids(
    lineament: CommandLine, group: str, tmp_path: Path
) -> None:
    file, other = tmp_path / "staff.ndjson", uuid.uuid4().hex
    assert "6 lines" in lineament("export", group, file, "--embeddings").out
    assert file.stat().st_mode & 0o777 == 0o600
    target = f"persongroups/{other}"
    moved = lineament("import", file, "--group", target)
    assert moved.code == 0
    assert moved.out == (
        f"{target}: 2 persons created, 0 existed; 3 faces created, 0 existed."
        f" Train it with `lineament train {target}`.\n"
    )
    again = lineament.json("import", file, "--group", target)
    assert (again["created"]["faces"], again["existing"]["faces"]) == (0, 3)
    assert lineament("train", target, "--wait").code == 0
    before = lineament.json("persons", "list", "--group", group)
    assert lineament.json("persons", "list", "--group", target) == before
    found = lineament.json("identify", portrait("person_a_2"), "--group", target)
    ada = next(one["personId"] for one in before if one["name"] == "Ada")
    assert found[0]["faces"][0]["candidates"][0]["personId"] == ada


def test_an_export_without_embeddings_has_none_and_its_import_says_so(
    lineament: CommandLine, group: str, tmp_path: Path
) -> None:
    file = tmp_path / "staff.ndjson"
    assert lineament.json("export", group, file)["lines"] == 6
    assert "embedding" not in file.read_text()
    moved = lineament("import", file, "--group", f"largepersongroups/{uuid.uuid4().hex}")
    assert "3 faces left out without an embedding." in moved.out
    assert lineament("export", group, file).code == 3
    assert lineament("import", portrait("person_a_1")).code == 3


def test_an_interrupted_export_continues_and_nothing_is_in_it_twice(
    lineament: CommandLine,
    service: RunningService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = f"largepersongroups/{uuid.uuid4().hex}"
    ids = sorted(str(uuid.uuid4()) for _ in range(250))
    head = {"type": "collection", "format": "lineament-archive", "formatVersion": 1}
    lines = [{**head, "collection": path, "name": "many", "recognitionModel": "recognition_04"}]
    lines += [{"type": "person", "personId": one, "name": "one"} for one in ids]
    given = tmp_path / "given.ndjson"
    given.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert lineament("import", given).code == 0
    file, remember = tmp_path / "many.ndjson", archive._remember
    calls = []

    def interrupted(*arguments: Any, **named: Any) -> None:
        remember(*arguments, **named)
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(archive, "_remember", interrupted)
    assert lineament("export", path, file).code == 130
    assert not file.exists()
    with (tmp_path / "many.ndjson.part").open("ab") as part:
        part.write(b"half a li")
    service.ok("POST", f"{path}/persons", {"name": "added meanwhile"})
    result = lineament("export", path, file)
    assert result.code == 0, result.err
    found = [json.loads(line) for line in file.read_text().splitlines()]
    exported = [line["personId"] for line in found if "personId" in line and line["name"] == "one"]
    assert exported == ids
    assert list(tmp_path.glob("many.ndjson.*")) == []


def test_the_directory_is_exported_and_imported(
    lineament: CommandLine, service: RunningService, tmp_path: Path
) -> None:
    person = service.ok("POST", "persons", {"name": "Eve"})["personId"]
    file = tmp_path / "directory.ndjson"
    assert lineament("export", "persondirectory", file).code == 0
    assert person in file.read_text()
    assert lineament.json("import", file)["created"]["persons"] == 0


def test_what_was_deleted_a_moment_ago_is_left_out_and_deletions_show_says_why(
    lineament: CommandLine, group: str, tmp_path: Path
) -> None:
    file = tmp_path / "staff.ndjson"
    lineament("export", group, file, "--embeddings")
    ada = lineament.json("persons", "show", "Ada", "--group", group)["personId"]
    existing = lineament("deletions", "show", ada, "--group", group)
    assert (existing.code, existing.out) == (3, "")
    assert existing.err == f"lineament: {ada} is not deleted.\n"
    await_next_round()
    assert lineament("persons", "delete", ada, "--group", group, "--yes").code == 0
    result = lineament("import", file)
    assert result.code == 3
    assert "1 person and 2 faces were left out" in result.err
    shown = lineament("deletions", "show", ada, "--group", group)
    assert shown.code == 0
    assert f"{ada} is erasing." in shown.out
    owed = lineament.json("deletions", "show", ada, "--group", f"largepersongroups/{group}")["owed"]
    assert "documents" in [one["what"] for one in owed]
    unknown = lineament("deletions", "show", str(uuid.uuid4()), "--group", "persondirectory")
    assert "is gone." in unknown.out


def test_a_refused_line_is_named_by_its_number_in_the_file(
    lineament: CommandLine, group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "_PAGE_LINES", 2)
    file = tmp_path / "staff.ndjson"
    lineament("export", group, file)
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:5], '{"type":"person","personId":"x","name":"Eve"}']))
    moved = lineament("import", file, "--group", uuid.uuid4().hex)
    assert moved.code == 3
    assert moved.err == f"lineament: Line 6 of {file}: 'personId' is not a UUID.\n"


@pytest.mark.parametrize("command", ["enroll", "re-enrol"])
def test_a_recognition_model_that_the_service_lacks_is_refused_with_what_to_give(
    lineament: CommandLine, group: str, people: Path, tmp_path: Path, command: str
) -> None:
    images = tmp_path / "images.csv"
    images.write_text("personId,image\n")
    target = uuid.uuid4().hex
    given = {"enroll": (people, "--group", target), "re-enrol": (group, images, "--to", target)}
    result = lineament(command, *given[command], "--model", "arcface")
    assert result.code == 3
    assert result.err == (
        "lineament: --model arcface: the service has no such recognition model. Give one of"
        " recognition_01 to recognition_04, or the name that the service's FACE_MODEL_NAME sets.\n"
    )


def test_re_enrol_into_a_group_of_another_model_is_refused_without_a_line(
    lineament: CommandLine, group: str, tmp_path: Path
) -> None:
    images = tmp_path / "images.csv"
    images.write_text("personId,image\n")
    command = ("re-enrol", group, images, "--to", group, "--model", "recognition_03")
    result = lineament(*command)
    assert result.code == 3
    assert result.err.startswith("lineament: The collection exists with the model recognition_04")


def test_re_enrol_keeps_the_persons_ids(
    lineament: CommandLine, group: str, people: Path, tmp_path: Path
) -> None:
    persons = {one["name"]: one for one in lineament.json("persons", "list", "--group", group)}
    images = tmp_path / "images.csv"
    rows = [f"{persons[file.parent.name]['personId']},{file}" for file in people.glob("*/*.jpg")]
    images.write_text("personId,image\n" + "\n".join(rows) + "\n")
    other = uuid.uuid4().hex
    lineament("groups", "gate", group, "--faces", "largest")
    command = ("re-enrol", group, images, "--to", other, "--model", "recognition_03", "--train")
    result = lineament(*command)
    assert result.code == 0, result.err
    moved = {one["name"]: one for one in lineament.json("persons", "list", "--group", other)}
    assert {name: one["personId"] for name, one in moved.items()} == {
        name: one["personId"] for name, one in persons.items()
    }
    assert lineament.json("groups", "show", other)["recognitionModel"] == "recognition_03"
    assert lineament.json("groups", "gate", other)["faces"] == "largest"

    def trained() -> list[object] | None:
        found = lineament.json("identify", portrait("person_a_2"), "--group", other)
        candidates: list[object] = found[0]["faces"][0]["candidates"]
        return candidates or None

    assert eventually(trained)
    assert lineament(*command[:-1]).code == 0  # what is there already is left as it is
