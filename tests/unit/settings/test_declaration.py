"""A setting is declared by one line, and everything else follows from that line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.settings.declaration import SettingReader, part, setting, settings_of
from shared.settings.parsers import whole
from shared.settings.service import SETTINGS

ROOT = Path(__file__).resolve().parents[3]

OTHERS = {"WEBSITE_SITE_NAME", "PATH", "OPENBLAS_NUM_THREADS", "PIP_INDEX_URL", "PYTHONPATH"}
"""Variables that are not the service's: of the Functions host, the shell, numpy, pip, Python."""

ANY_TEXT = {
    "FACE_ENTRA_AUDIENCE",
    "AZURE_CLIENT_ID",
    "COSMOS_DATABASE",
    "COSMOS_KEY",
    "HOST",
    "AzureWebJobsStorage",
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__queueServiceUri",
    "AzureWebJobsStorage__clientId",
}
"""Settings that any text is valid for, and that name no path."""


@dataclass(frozen=True)
class Inner:
    """A group inside another."""

    size: int = setting("SIZE", "3", whole(1, 9), "A size.")


@dataclass(frozen=True, kw_only=True)
class Outer:
    """A group with a secret, and a part."""

    inner: Inner = part(lambda reader: reader.group(Inner), Inner)
    word: str = setting("WORD", "none", str, "A word.", secret=True)


def test_a_group_is_read_with_its_parts() -> None:
    reader = SettingReader({"SIZE": " 4 ", "WORD": "x"})
    assert reader.group(Outer) == Outer(inner=Inner(4), word="x")
    assert reader.problems == []


def test_what_is_absent_or_empty_has_its_default() -> None:
    assert SettingReader({"SIZE": " "}).group(Inner) == Inner() == Inner(3)


def test_a_wrong_value_is_a_problem_and_reading_goes_on() -> None:
    reader = SettingReader({"SIZE": "10", "WORD": "x"})
    assert reader.group(Outer).word == "x"
    assert reader.problems == ["SIZE must be a whole number from 1 to 9."]


def test_a_secret_is_not_in_the_repr() -> None:
    assert "x" not in repr(Outer(inner=Inner(), word="x"))


def test_every_setting_is_found_with_those_of_the_parts() -> None:
    assert [one.name for one in settings_of(Outer)] == ["SIZE", "WORD"]


def test_every_default_can_be_parsed_and_every_meaning_is_a_sentence() -> None:
    for one in SETTINGS:
        one.parse(one.default)
        assert one.meaning.endswith("."), one.name


def read_variables(file: Path) -> Iterator[str]:
    """Names of environment variables that a module reads by itself."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Subscript):
            called, key = ast.unparse(node.value), node.slice
        elif isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Attribute):
            called, key = ast.unparse(node.func.value), node.args[0]
        else:
            continue
        if called.endswith(("environment", "environ")) and isinstance(key, ast.Constant):
            yield str(key.value)


@pytest.mark.parametrize("folder", ["shared", "functions", "local"])
def test_no_variable_is_read_that_is_not_declared(folder: str) -> None:
    declared = {one.name for one in SETTINGS}
    for file in (ROOT / folder).rglob("*.py"):
        if "node_modules" not in file.parts:
            assert set(read_variables(file)) <= declared | OTHERS, file


def test_a_home_folder_is_resolved_in_every_setting_that_takes_a_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    found = {}
    for one in SETTINGS:
        with suppress(ValueError):
            found[one.name] = str(one.parse("~/given"))
    paths = {name for name, value in found.items() if value == "/home/ada/given"}
    assert {"FACE_DATA_DIR", "FACE_KEYS_FILE", "FACE_MODEL_FILE", "FACE_COHORT"} <= paths
    assert {name for name in found.keys() - paths if "~" in found[name]} == ANY_TEXT
