"""enroll: parallel, resumable, each image once, refusals with reasons."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
import unicodedata
import uuid
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile
from threading import Event
from typing import Any

import httpx
import pytest
from PIL import Image

from lineament.connection.client import Client
from lineament.connection.config import Connection
from lineament.enrolment.enrolment import Enrolment, Gate
from lineament.enrolment.parallel import run_parallel
from lineament.enrolment.roster import Roster
from lineament.enrolment.sources import items_of
from lineament.errors import Refused
from lineament.service.collections import find_or_create
from tests.cli.conftest import CommandLine
from tests.end_to_end.service import ROOT, RunningService
from tests.images import portrait


def _faces(lineament: CommandLine, group: str) -> dict[str, int]:
    persons = lineament.json("persons", "list", "--group", group)
    return {one["name"]: len(one["persistedFaceIds"]) for one in persons}


def test_a_folder_is_enrolled_and_what_was_refused_is_in_a_file(
    lineament: CommandLine, people: Path
) -> None:
    group = uuid.uuid4().hex
    copyfile(portrait("impostor_1"), people / "nameless.jpg")
    (people / "Ada" / "notes.txt").write_text("notes")
    result = lineament("enroll", people, "--group", group, "--refused", "why.csv", "--train")
    assert result.code == 3
    assert result.err == "lineament: 3 images were refused; why.csv says why.\n"
    assert result.out == (
        f"largepersongroups/{group}: 3 faces added, 0 present already, 3 refused, trained\n"
    )
    with Path("why.csv").open(encoding="utf-8") as file:
        refused = {row["image"]: (row["person"], row["code"]) for row in csv.DictReader(file)}
    assert refused == {
        "nameless.jpg": ("", "NoPerson"),
        "Ada/notes.txt": ("Ada", "NotAnImage"),
        "Bob/broken.jpg": ("Bob", "InvalidImage"),
    }


def test_what_an_earlier_run_refused_is_not_left_beside_a_run_that_refuses_nothing(
    lineament: CommandLine, people: Path
) -> None:
    command = ("enroll", people, "--group", uuid.uuid4().hex, "--refused", "why.csv")
    assert lineament(*command).code == 3
    (people / "Bob" / "broken.jpg").unlink()
    assert lineament(*command).code == 0
    assert not Path("why.csv").exists()
    own = Path("own.csv")
    own.write_text("image,person\n")
    assert lineament(*command[:-1], own).code == 0
    assert own.read_text() == "image,person\n"


def test_enrolling_again_adds_what_is_new_and_nothing_twice(
    lineament: CommandLine, people: Path
) -> None:
    group = uuid.uuid4().hex
    (people / "Bob" / "broken.jpg").unlink()
    assert lineament.json("enroll", people, "--group", group)["added"] == 3
    copyfile(portrait("person_b_2"), people / "Bob" / "new.jpg")
    copyfile(portrait("person_b_2"), people / "Bob" / "the-same-again.jpg")
    again = lineament.json("enroll", people, "--group", group)
    assert (again["added"], again["present"]) == (1, 4)
    assert _faces(lineament, group) == {"Ada": 2, "Bob": 2}


def test_names_that_look_alike_are_one_person_and_those_that_are_not_unicode_are_refused(
    lineament: CommandLine, people: Path
) -> None:
    (people / "Bob" / "broken.jpg").unlink()
    (people / "Ada").rename(people / unicodedata.normalize("NFD", "José "))
    (people / "José").mkdir()
    copyfile(portrait("impostor_1"), people / "José" / os.fsdecode(b"latin1-\xe9.jpg"))
    (people / os.fsdecode(b"Ren\xe9")).mkdir()
    copyfile(portrait("impostor_2"), people / os.fsdecode(b"Ren\xe9/1.jpg"))
    group = uuid.uuid4().hex
    result = lineament("enroll", people, "--group", group, "--refused", "why.csv", "--json")
    assert result.code == 3, result.err
    assert json.loads(result.out)["refused"][0]["code"] == "NotUnicode"
    assert "Ren\\udce9,Ren\\udce9,NotUnicode,The folder's name" in Path("why.csv").read_text(
        "utf-8"
    )
    assert _faces(lineament, group) == {"Bob": 1, "José": 3}


def test_a_csv_file_names_persons_and_images(lineament: CommandLine, people: Path) -> None:
    group = uuid.uuid4().hex
    table = people / "people.csv"
    table.write_text("person,image\nZoë,Ada/person_a_1.jpg\nBob,Bob/person_b_1.jpg\nBob,gone.jpg\n")
    result = lineament("enroll", table, "--group", f"persongroups/{group}")
    assert result.code == 3
    assert _faces(lineament, group) == {"Zoë": 1, "Bob": 1}
    assert "gone.jpg,Bob,Unreadable," in Path("refused.csv").read_text("utf-8")


@pytest.mark.parametrize("text", ["image\na.jpg\n", "person,image\n,a.jpg\n"])
def test_a_csv_file_without_a_person_is_refused(
    lineament: CommandLine, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(text)
    result = lineament("enroll", file, "--group", "g")
    assert result.code == 3
    assert "person" in result.err


def test_an_empty_folder_ends_with_1(lineament: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert lineament("enroll", tmp_path / "empty", "--group", "g").code == 1


def _many(folder: Path, persons: int, each: int) -> None:
    """Images of one face that differ in size, so that their bytes differ."""
    with Image.open(portrait("person_a_1")) as image:
        for number in range(persons * each):
            person = folder / f"person {number % persons}"
            person.mkdir(parents=True, exist_ok=True)
            size = (image.width + number, image.height + number)
            image.resize(size).save(person / f"{number}.jpg")


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Lets processes that a test starts be interrupted; a shell's background jobs ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_enrolment_that_was_interrupted_continues_without_doubles(
    lineament: CommandLine, service: RunningService, tmp_path: Path, number: signal.Signals
) -> None:
    group, folder = uuid.uuid4().hex, tmp_path / "many"
    _many(folder, persons=8, each=8)
    command = [sys.executable, "-m", "lineament", "enroll", str(folder), "--group", group]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "cli")}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        while sum(_safe_faces(service, group)) < 10:
            time.sleep(0.02)
        running.send_signal(number)
        out, err = running.communicate(timeout=60)
    before = sum(_safe_faces(service, group))
    assert 10 <= before < 64, "The enrolment ended before it was interrupted."
    if number is signal.SIGINT:
        assert running.returncode == 130
        assert f": {before} faces added" in out
        assert err == "lineament: Interrupted. The same command continues.\n"
    result = lineament.json("enroll", folder, "--group", group, "--parallel", 8)
    assert result["added"] + result["present"] == 64
    assert _faces(lineament, group) == {f"person {n}": 8 for n in range(8)}


def test_two_runs_side_by_side_make_no_doubles(
    lineament: CommandLine, service: RunningService, tmp_path: Path
) -> None:
    group, folder = uuid.uuid4().hex, tmp_path / "many"
    _many(folder, persons=4, each=4)
    command = [sys.executable, "-m", "lineament", "enroll", str(folder), "--group", group]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "cli")}
    runs = [
        subprocess.Popen([*command, "--json"], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for run in runs:
        out, _ = run.communicate(timeout=60)
        assert (run.returncode, json.loads(out)["refused"]) == (0, [])
    assert _faces(lineament, group) == {f"person {n}": 4 for n in range(4)}


def test_what_was_deleted_or_renamed_is_enrolled_again(
    lineament: CommandLine, people: Path
) -> None:
    group = uuid.uuid4().hex
    (people / "Bob" / "broken.jpg").unlink()
    command = ("enroll", people, "--group", group)
    lineament(*command)
    (face,) = lineament.json("faces", "list", "--group", group, "--person", "Bob")
    of_bob = ("--group", group, "--person", "Bob")
    lineament("faces", "delete", face["persistedFaceId"], *of_bob, "--yes")
    assert lineament.json(*command)["added"] == 1
    assert len(lineament.json("faces", "list", *of_bob)) == 1
    lineament("persons", "delete", "Bob", "--group", group, "--yes")
    lineament("persons", "rename", "Ada", "--group", group, "--name", "Grace")
    assert lineament.json(*command)["added"] == 3
    assert _faces(lineament, group) == {"Ada": 2, "Bob": 1, "Grace": 2}


def _safe_faces(service: RunningService, group: str) -> list[int]:
    response = service.call("GET", f"largepersongroups/{group}/persons")
    if response.status_code != 200:
        return []
    return [len(person["persistedFaceIds"]) for person in response.json()]


class _LostAnswers(httpx.HTTPTransport):
    """Sends requests, and loses the answers to the first faces that are added."""

    lost = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        if request.method == "POST" and "persistedfaces" in request.url.path and self.lost < 2:
            self.lost += 1
            response.close()
            raise httpx.ReadError("The connection was cut.", request=request)
        return response


def test_an_answer_that_was_lost_makes_no_double(service: RunningService, people: Path) -> None:
    transport = _LostAnswers()
    with Client(Connection(service.url, service.key), transport=transport) as client:
        group = find_or_create(client, uuid.uuid4().hex, "recognition_04")
        enrolment = Enrolment(client, group, Roster(client, group), Gate())
        tally = enrolment.run(items_of(people)[0], 2, lambda: None)
    assert transport.lost == 2
    assert tally.added == 3
    assert sum(_safe_faces(service, group.id)) == 3


def test_work_ends_at_the_first_error_and_raises_it() -> None:
    done: list[Any] = []

    def work(number: int) -> int:
        if number == 3:
            raise Refused("three")
        return number

    with pytest.raises(Refused, match="three"):
        run_parallel(range(1000), work, 2, done.append)
    assert len(done) < 10


def test_work_that_waits_ends_when_other_work_fails() -> None:
    begun, stop = Event(), Event()

    def work(number: int) -> None:
        if number == 1:
            assert begun.wait(10)
            raise Refused("one")
        begun.set()
        stop.wait(10)

    with pytest.raises(Refused, match="one"):
        run_parallel([0, 1], work, 2, lambda _: None, stop)
    assert stop.is_set()


def test_hidden_files_and_folders_are_neither_enrolled_nor_refused(people: Path) -> None:
    (people / "Bob" / "broken.jpg").rename(people / "Bob" / "._person_b_1.jpg")
    for folder in (people / "Ada" / ".thumbnails", people / ".trash"):
        folder.mkdir()
        copyfile(portrait("person_a_1"), folder / "1.jpg")
    items, refusals = items_of(people)
    assert [item.image for item in items] == [
        "Ada/person_a_1.jpg",
        "Ada/person_a_2.jpg",
        "Bob/person_b_1.jpg",
    ]
    assert refusals == []


def test_a_group_is_enrolled_again_under_another_model(
    lineament: CommandLine, people: Path
) -> None:
    group, target = uuid.uuid4().hex, uuid.uuid4().hex
    lineament("enroll", people, "--group", group, "--model", "recognition_03")
    person = lineament.json("persons", "show", "Ada", "--group", group)["personId"]
    table = people / "images.csv"
    table.write_text(f"personId,image\n{person},Ada/person_a_1.jpg\n")
    command = ("re-enrol", group, table, "--to", target, "--model", "recognition_04")
    assert lineament.json(*command)["added"] == 1
    assert lineament.json(*command)["present"] == 1
    assert _faces(lineament, target) == {"Ada": 1, "Bob": 0}
    assert lineament.json("groups", "show", target)["recognitionModel"] == "recognition_04"
