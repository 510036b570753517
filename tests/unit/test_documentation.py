"""The documentation says what the code does."""

from __future__ import annotations

import re
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


def test_every_command_of_the_makefile_is_in_the_readme_and_the_other_way_round() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    declared = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert declared is not None
    readme = (ROOT / "README.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `make (\w+)` \|", readme, re.MULTILINE))
    assert documented == set(declared[1].split()) - {"install"}
