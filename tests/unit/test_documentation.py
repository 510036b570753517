"""The documentation matches the code."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tools.document import TABLES, main, written

ROOT = Path(__file__).resolve().parents[2]


def test_the_tables_are_what_the_code_declares(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_a_page_without_markers_is_an_error() -> None:
    with pytest.raises(ValueError, match="markers of settings"):
        written("no table here", "settings", "| a |")


def test_each_table_stands_on_one_page_only() -> None:
    markers = [marker for _, marker, _ in TABLES]
    pages = [path.read_text("utf-8") for path in (ROOT / "README.md", *ROOT.glob("docs/*.md"))]
    for marker in markers:
        assert sum(page.count(f"<!-- {marker} -->") for page in pages) == 1


def test_every_command_of_the_makefile_is_documented_once() -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"],  # noqa: S607 - the make on the PATH
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    declared = dict(re.findall(r"^make (\w+) +(.*)$", listed.stdout, re.MULTILINE))
    assert {"run", "test", "check", "help", "wipe"} <= set(declared)
    pages = [path.read_text("utf-8") for path in (ROOT / "README.md", *ROOT.glob("docs/**/*.md"))]
    rows = re.findall(r"^\| `make (\w+)` \|", "\n".join(pages), re.MULTILINE)
    assert sorted(rows) == sorted(declared)
