"""Folders and files that cannot be read: each is named, and the others are enrolled or uploaded."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

from lineament.enrolment.sources import items_of
from tests.cli.conftest import CommandLine
from tests.end_to_end.service import ROOT
from tests.images import portrait

pytestmark = pytest.mark.skipif(
    shutil.which("setpriv") is None, reason="setpriv (util-linux) is missing"
)


@pytest.fixture
def closed(people: Path) -> Iterator[Path]:
    """People, one of whom has a folder that cannot be listed."""
    folder = people / "Cleo"
    folder.mkdir()
    copyfile(portrait("impostor_1"), folder / "1.jpg")
    folder.chmod(0)
    yield people
    folder.chmod(0o700)


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user whom permissions bind."""
    root = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
    command = [*(root if os.geteuid() == 0 else ()), sys.executable, "-m", "lineament"]
    return subprocess.run(
        [*command, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "cli")},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.usefixtures("lineament")
def test_a_folder_that_cannot_be_listed_is_refused_beside_the_others(closed: Path) -> None:
    result = _run("enroll", closed, "--group", uuid.uuid4().hex)
    assert result.returncode == 3
    with Path("refused.csv").open(encoding="utf-8") as file:
        refused = {row["image"]: row for row in csv.DictReader(file)}
    assert refused["Cleo"]["person"] == "Cleo"
    assert refused["Cleo"]["code"] == "Unreadable"
    assert refused["Cleo"]["reason"] == f"{closed / 'Cleo'} cannot be read: Permission denied."


@pytest.mark.usefixtures("lineament")
def test_a_folder_that_cannot_be_listed_is_named_beside_what_is_uploaded(closed: Path) -> None:
    (closed / "Bob" / "broken.jpg").unlink()
    result = _run("upload", closed, "--results", "out", "--prefix", f"{uuid.uuid4().hex}/")
    assert result.returncode == 3
    assert result.stdout.startswith("3 succeeded, 0 rejected")
    assert result.stderr == (
        f"lineament: {closed / 'Cleo'} cannot be read: Permission denied.\n"
        "lineament: 1 folder could not be read.\n"
    )


@pytest.mark.usefixtures("lineament")
def test_where_nothing_else_is_found_the_reason_is_the_error(closed: Path) -> None:
    for name in ("Ada", "Bob"):
        shutil.rmtree(closed / name)
    result = _run("enroll", closed, "--group", uuid.uuid4().hex)
    assert result.returncode == 3
    assert result.stderr == f"lineament: {closed / 'Cleo'} cannot be read: Permission denied.\n"
    assert not Path("refused.csv").exists()


def test_a_file_without_an_end_is_refused(lineament: CommandLine, people: Path) -> None:
    table = people / "people.csv"
    table.write_text("person,image\nAda,/dev/zero\nAda,Ada/person_a_1.jpg\n")
    result = lineament("enroll", table, "--group", uuid.uuid4().hex)
    assert result.code == 3
    assert (
        "/dev/zero,Ada,Unreadable,/dev/zero has more than 40 MB." in Path("refused.csv").read_text()
    )


def test_a_link_to_a_missing_image_is_refused(lineament: CommandLine, people: Path) -> None:
    (people / "Ada" / "lost.jpg").symlink_to("/nowhere.jpg")
    os.mkfifo(people / "Ada" / "pipe.jpg")
    result = lineament("enroll", people, "--group", uuid.uuid4().hex)
    assert result.code == 3
    with Path("refused.csv").open(encoding="utf-8") as file:
        refused = {row["image"]: row["code"] for row in csv.DictReader(file)}
    assert refused == {"Ada/lost.jpg": "Unreadable", "Bob/broken.jpg": "InvalidImage"}
    assert "Ada/pipe.jpg" not in {item.image for item in items_of(people)[0]}
