"""docs/command-line.md says what the command line itself says."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from lineament import __version__
from lineament.root import lineament
from shared.version import VERSION
from tests.end_to_end.service import ROOT
from tools.operate.__main__ import COMMANDS
from tools.operate.__main__ import main as operate


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, with its full name."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def test_every_command_is_documented_once_in_the_words_of_its_help() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    rows = re.findall(r"^\| `(lineament [^`]+)` \| (.*) \|$", page, re.MULTILINE)
    declared = [
        (name, (command.help or "").partition("\n")[0])
        for name, command in commands(lineament, "lineament")
    ]
    assert sorted(rows) == sorted(declared)


def test_every_option_says_what_it_is_for() -> None:
    for name, command in commands(lineament, "lineament"):
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{name} {option.opts}"


def test_the_exit_codes_are_documented() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    assert re.findall(r"^\| (\d+) \| \w", page, re.MULTILINE) == ["0", "1", "2", "3", "4", "130"]


def test_the_command_line_has_the_version_of_the_service() -> None:
    assert __version__ == VERSION


def test_the_checkout_s_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert operate([]) == 0
    listed = capsys.readouterr().out
    assert all(f"\n  {name} " in listed for name in COMMANDS)
    assert operate(["nonsense"]) == 2
    page = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    section = page.partition("## Without a running service")[2]
    assert all(f"`{name}`" in section for name in COMMANDS)
