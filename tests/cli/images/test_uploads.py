"""upload and poison."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import uuid
from pathlib import Path
from shutil import copyfile

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient

from tests.cli.conftest import CommandLine
from tests.end_to_end.service import RunningService


def test_a_folder_is_uploaded_and_each_image_gets_a_result_file(
    lineament: CommandLine, people: Path
) -> None:
    group = uuid.uuid4().hex
    lineament("enroll", people, "--group", group, "--train")
    command = ("upload", people, "--results", "out", "--group", group, "--names")
    result = lineament(*command, "--prefix", f"{group}/")
    assert result.code == 3
    assert result.out.startswith("3 succeeded, 1 rejected, 0 pending, 0 present already")
    assert result.err.splitlines() == [
        f"lineament: {group}/Bob/broken.jpg: Decoding error, image format unsupported.",
        "lineament: 1 upload rejected; the files in out say why.",
    ]
    found = json.loads(Path("out/Bob/person_b_1.jpg.json").read_text("utf-8"))
    assert found["name"] == f"{group}/Bob/person_b_1.jpg"
    (face,) = found["result"]["faces"]
    assert [one["name"] for one in face["candidates"]] == ["Bob"]
    broken = json.loads(Path("out/Bob/broken.jpg.json").read_text("utf-8"))
    assert broken["status"] == "rejected"
    assert broken["result"]["reason"]["code"] == "InvalidImage"


def test_a_folder_of_persons_is_enrolled_by_upload(lineament: CommandLine, people: Path) -> None:
    (people / "Bob" / "broken.jpg").unlink()
    group = f"persongroups/{uuid.uuid4().hex}"
    rules = ("--minimum-quality", "low", "--faces", "only")
    lineament("upload", people, "--results", "out", "--prefix", f"enroll/{group}/", *rules)
    found = json.loads(Path("out/Bob/person_b_1.jpg.json").read_text("utf-8"))
    assert found["status"] == "succeeded"
    assert found["result"]["enrolled"]["collection"] == group
    persons = lineament.json("persons", "list", "--group", group)
    assert "Bob" in {one["name"] for one in persons}


def test_what_has_a_result_is_not_uploaded_again(lineament: CommandLine, people: Path) -> None:
    (people / "Bob" / "broken.jpg").unlink()
    command = ("upload", people, "--results", "out", "--prefix", f"{uuid.uuid4().hex}/")
    assert lineament.json(*command)["succeeded"] == 3
    again = lineament.json(*command)
    assert (again["succeeded"], again["present"]) == (0, 3)


def test_an_image_is_uploaded_again_when_its_bytes_its_name_or_an_option_changes(
    lineament: CommandLine, people: Path
) -> None:
    ada = people / "Ada"
    prefix = f"{uuid.uuid4().hex}/"
    command = ("upload", ada, "--results", "out", "--prefix", prefix)
    lineament(*command)
    other_name = lineament.json(*command[:-1], f"other/{prefix}")
    assert (other_name["succeeded"], other_name["present"]) == (2, 0)
    other_option = lineament.json(*command[:-1], f"other/{prefix}", "--threshold", "0.7")
    assert (other_option["succeeded"], other_option["present"]) == (2, 0)
    copyfile(people / "Bob" / "person_b_1.jpg", ada / "person_a_1.jpg")
    other_bytes = lineament.json(*command[:-1], f"other/{prefix}", "--threshold", "0.7")
    assert (other_bytes["succeeded"], other_bytes["present"]) == (1, 1)


def test_a_name_that_is_not_unicode_is_rejected_beside_the_others(
    lineament: CommandLine, people: Path
) -> None:
    (people / "Bob" / "broken.jpg").rename(people / "Bob" / os.fsdecode(b"\xe9.jpg"))
    command = ("upload", people, "--results", "out", "--prefix", f"{uuid.uuid4().hex}/")
    result = lineament(*command)
    assert result.out.startswith("3 succeeded, 1 rejected")
    found = json.loads(Path(os.fsdecode(b"out/Bob/\xe9.jpg.json")).read_text("utf-8"))
    assert found["result"]["reason"]["code"] == "NotUnicode"


def test_what_could_not_be_identified_is_uploaded_again(
    lineament: CommandLine, people: Path
) -> None:
    (people / "Bob" / "broken.jpg").unlink()
    group = uuid.uuid4().hex
    lineament("enroll", people, "--group", group)
    prefix = f"{uuid.uuid4().hex}/"
    command = ("upload", people, "--results", "out", "--prefix", prefix, "--group", group)
    early = lineament(*command)
    assert early.code == 3
    assert early.err == (
        "lineament: The faces of 3 uploads were not identified: Large person group not trained.\n"
    )
    lineament("train", group, "--wait")
    late = lineament.json(*command)
    assert (late["succeeded"], late["present"]) == (3, 0)


def test_what_was_rejected_is_uploaded_again(
    lineament: CommandLine, service: RunningService, people: Path
) -> None:
    group = f"persongroups/{uuid.uuid4().hex}"
    shutil.rmtree(people / "Bob")
    command = ("upload", people, "--results", "out", "--prefix", f"enroll/{group}/")
    service.ok("PUT", group, json={"name": group, "recognitionModel": "recognition_04"})
    two = [service.ok("POST", f"{group}/persons", json={"name": "Ada"}) for _ in range(2)]
    assert lineament(*command).code == 3
    rejected = json.loads(Path("out/Ada/person_a_1.jpg.json").read_text("utf-8"))
    assert rejected["result"]["reason"]["code"] == "NameNotUnique"
    service.ok("PATCH", f"{group}/persons/{two[0]['personId']}", json={"name": "Ada B."})
    again = lineament.json(*command)
    assert (again["succeeded"], again["present"]) == (2, 0)


def test_hidden_files_and_folders_are_not_uploaded(lineament: CommandLine, people: Path) -> None:
    (people / "Bob" / "broken.jpg").rename(people / "Bob" / "._person_b_1.jpg")
    (people / "Ada").rename(people / ".trash")
    command = ("upload", people, "--results", "out", "--prefix", f"{uuid.uuid4().hex}/")
    assert lineament.json(*command)["succeeded"] == 1


def test_an_empty_folder_ends_with_1(lineament: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert lineament("upload", tmp_path / "empty", "--results", "out").code == 1


@pytest.fixture
def poisoned(service: RunningService) -> str:
    """The id of a purge message on its poison queue, as the host puts it there."""
    content = {"incarnation": str(uuid.uuid4()), "kind": "PersonGroup", "partition": "0"}
    text = base64.b64encode(json.dumps(content).encode()).decode()
    with QueueClient.from_connection_string(service.storage, "purge-poison") as client:
        with contextlib.suppress(ResourceExistsError):
            client.create_queue()
        return f"purge-poison.{client.send_message(text).id}"


def test_a_poison_message_is_listed_shown_and_replayed(
    lineament: CommandLine, poisoned: str
) -> None:
    listed = {one["id"]: one for one in lineament.json("poison", "list")["messages"]}
    assert listed[poisoned]["queue"] == "purge-poison"
    assert "incarnation" in lineament("poison", "show", poisoned).out
    checks = {one["name"]: one for one in lineament.json("doctor")}
    assert checks["queues"]["verdict"] == "warning"
    assert lineament.json("poison", "replay", poisoned)["queue"] == "purge"
    for action in ("show", "replay"):
        assert lineament("poison", action, poisoned).code == 1
