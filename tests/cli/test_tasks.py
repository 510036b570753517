"""What docs/command-line.md says that tasks took before: the programs run, and are so long."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copyfile

import pytest

from tests.cli.conftest import CommandLine
from tests.end_to_end.service import ROOT, RunningService
from tests.images import portrait

BEFORE = ROOT / "tests" / "cli" / "before"


def lines(program: str) -> int:
    """The lines of a program that are not empty."""
    return sum(1 for line in (BEFORE / program).read_text("utf-8").splitlines() if line.strip())


def test_the_lines_of_a_task_are_counted() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    rows = re.findall(
        r"^\| .* \| (\d+) of Python \(\[[^]]+\]\(\S+/(\w+\.py)\)\)", page, re.MULTILINE
    )
    assert {program: int(count) for count, program in rows} == {
        file.name: lines(file.name) for file in BEFORE.glob("*.py") if file.name != "__init__.py"
    }


def before(service: RunningService, program: str, *arguments: object) -> list[str]:
    """What a program prints."""
    done = subprocess.run(
        [sys.executable, BEFORE / program, *map(str, arguments)],
        env={
            **os.environ,
            "URL": service.url,
            "KEY": service.key,
            "STORAGE": service.storage,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def visitors(tmp_path: Path) -> Path:
    """A folder with an image of Ada."""
    folder = tmp_path / "visitors"
    folder.mkdir()
    copyfile(portrait("person_a_2"), folder / "visitor.jpg")
    return folder


def test_the_programs_do_what_the_commands_do(
    service: RunningService, lineament: CommandLine, people: Path, visitors: Path, tmp_path: Path
) -> None:
    (status,) = before(service, "enrol_a_folder.py", people, "before")
    assert status.endswith("SUCCEEDED")
    assert lineament("enroll", people, "--group", "now", "--train").code == 3
    image = visitors / "visitor.jpg"
    (named,) = before(service, "name_the_persons.py", image, "before")
    assert named.startswith("Ada 0.9")
    assert "Ada" in lineament("recognize", image, "--group", "now").out
    found = tmp_path / "found"
    assert before(service, "upload_a_folder.py", visitors, found, "before") == ["1"]
    assert '"personId"' in (found / "visitor.jpg.json").read_text("utf-8")
    assert lineament("upload", visitors, "--results", tmp_path / "now", "--group", "now").code == 0
