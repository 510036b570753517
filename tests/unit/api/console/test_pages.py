"""The files of the console."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lineament.service.images import SUFFIXES
from shared.api.console.pages import CONSOLE_DIRECTORY, CONTENT_SECURITY_POLICY, Console
from shared.api.http import Request, Response

SCRIPTS = sorted(CONSOLE_DIRECTORY.rglob("*.js"))
LONGEST_SCRIPT = 200
LONGEST_LINE = 110


def get(console: Console, path: str = "", **headers: str) -> Response:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return console.respond(
        Request("GET", "/console", named, {}, {"rest": path} if path else {}, b"")
    )


def test_every_file_has_a_media_type_and_the_policy() -> None:
    console = Console(lambda: True)
    files = [path for path in CONSOLE_DIRECTORY.rglob("*") if path.is_file()]
    for file in files:
        response = get(console, file.relative_to(CONSOLE_DIRECTORY).as_posix())
        assert response.status == 200, file
        assert response.body == file.read_bytes()
        assert response.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert response.headers["x-content-type-options"] == "nosniff"


def test_the_console_can_be_turned_off() -> None:
    console = Console(lambda: False)
    assert get(console).status == 404
    assert get(console, "app.js").status == 404


@pytest.mark.parametrize("path", ["../function_app.py", "views", "none.js", "app.js/", "//app.js"])
def test_only_files_of_the_folder_are_served(path: str) -> None:
    assert get(Console(lambda: True), path).status == 404


def test_a_file_that_the_browser_has_is_not_sent_again() -> None:
    console = Console(lambda: True)
    tag = get(console).headers["ETag"]
    for condition in (tag, f'W/{tag}, "other"', "*"):
        assert get(console, if_none_match=condition).status == 304
    assert get(console, if_none_match='"other"').status == 200
    assert get(console, "app.js").headers["ETag"] != tag


class _Sources(HTMLParser):
    """Collects what a page loads, and what its policy would forbid."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "link", "img"):
            self.loaded.append(given.get("src") or given.get("href") or "")
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag == "style" else []


def test_the_page_loads_its_own_files_only() -> None:
    page = _Sources()
    page.feed((CONSOLE_DIRECTORY / "index.html").read_text("utf-8"))
    assert page.inline == []
    for address in page.loaded:
        assert address.startswith("/console/")
        assert (CONSOLE_DIRECTORY / address.removeprefix("/console/")).is_file()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_make_no_markup_of_text(script: Path) -> None:
    text = script.read_text("utf-8")
    assert not re.search(r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval)\b", text)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert text.count("\n") <= LONGEST_SCRIPT
    assert max(map(len, text.splitlines())) <= LONGEST_LINE
    assert text.startswith("// "), "a module begins with what it is about"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_imports_name_files_and_what_they_export(script: Path) -> None:
    text = script.read_text("utf-8")
    for names, path in re.findall(r'import \{([^}]+)\} from "([^"]+)"', text):
        source = (script.parent / path).read_text("utf-8")
        exported = set(
            re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", source, re.M)
        )
        imported = {name.strip() for name in names.split(",") if name.strip()}
        assert imported <= exported
        assert all(len(re.findall(rf"\b{name}\b", text)) > 1 for name in imported), "unused import"


def test_a_folder_holds_the_same_kinds_of_images_as_for_the_command_line() -> None:
    text = (CONSOLE_DIRECTORY / "folder/plan.js").read_text("utf-8")
    declared = re.search(r"const SUFFIXES = \[([^]]+)\]", text)
    assert declared is not None
    assert set(re.findall(r'"([^"]+)"', declared[1])) == SUFFIXES


PARSE = """
import { readFileSync } from "node:fs";
import { SourceTextModule } from "node:vm";
for (const identifier of process.argv.slice(1)) {
  new SourceTextModule(readFileSync(identifier, "utf-8"), { identifier });
}
"""


def test_the_scripts_are_valid() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js")
    options = ["--experimental-vm-modules", "--input-type=module", "--eval", PARSE]
    done = subprocess.run([node, *options, *map(str, SCRIPTS)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
