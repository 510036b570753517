"""The commands and programs of the README and of docs/ run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.end_to_end.service import RunningService

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(
    r"(?:<!-- ([^>]*) -->\n)?```(sh|python|js)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        mark: the comment above it: ``runs``, or why it does not run here.
    """

    page: str
    mark: str
    language: str
    text: str

    @property
    def runs(self) -> bool:
        return self.mark.partition(":")[0] == "runs"


def blocks(page: Path) -> list[Block]:
    name = page.relative_to(ROOT).as_posix()
    return [Block(name, *found) for found in _BLOCK.findall(page.read_text("utf-8"))]


ALL = [block for page in PAGES for block in blocks(page)]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables that pages name, of a service that runs."""
    with RunningService(tmp_path_factory.mktemp("docs")) as service:
        yield {
            **os.environ,
            "url": service.url,
            "key": service.key,
            "storage": service.storage,
        }


def printed(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """What a command prints in the checkout; it must succeed."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def by_shell(environment: Mapping[str, str]) -> Callable[[str], str]:
    """What the shell blocks of a page print; each page runs once."""
    return cache(lambda page: printed(["bash", "-euo", "pipefail", "-c", shell(page)], environment))


def test_every_block_runs_or_says_why_not() -> None:
    silent = [
        f"{block.page}: {block.text[:60]}"
        for block in ALL
        if not block.runs and not re.match(r"not run here: \w+", block.mark)
    ]
    assert silent == []
    assert sum(block.runs for block in ALL) >= 7


def shell(page: str) -> str:
    """The page's shell blocks as one script, as a reader pastes them one after another.

    Portraits are there already: `make` would install into the checkout that the test runs in.
    """
    script = "\n".join(
        block.text for block in ALL if block.page == page and block.runs and block.language == "sh"
    )
    return script.replace("make portraits\n", "test -f .build/portraits/person_a_1.jpg\n")


PAGES_WITH_SHELL = sorted({block.page for block in ALL if block.runs and block.language == "sh"})


@pytest.mark.parametrize("page", PAGES_WITH_SHELL)
def test_the_shell_commands_of_a_page_work_in_their_order(
    page: str, by_shell: Callable[[str], str]
) -> None:
    output = by_shell(page)
    assert '"faceRectangle"' in output
    assert '"error"' not in output


PROGRAMS = [block for block in ALL if block.runs and block.language == "python"]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda block: block.page)
def test_the_python_programs_print_a_result(program: Block, environment: dict[str, str]) -> None:
    output = printed([sys.executable, "-W", "error", "-c", program.text], environment)
    assert output.strip()


def test_the_quickstart_identifies_the_person_and_not_the_stranger(
    by_shell: Callable[[str], str],
) -> None:
    lines = by_shell("docs/quickstart.md").splitlines()
    (identified,) = [line for line in lines if '"candidates"' in line]
    assert re.search(r'"candidates":\[\{"personId":"[^"]+","confidence":0\.\d+\}\]', identified)
    assert '"candidates":[]' in identified


def test_every_link_of_a_page_leads_to_a_file() -> None:
    broken = []
    for page in (*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_the_index_leads_to_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    linked = set(re.findall(r"\]\(([^)#\s]+)[^)]*\)", index.read_text("utf-8")))
    pages = {page.relative_to(index.parent).as_posix() for page in PAGES[1:]}
    assert pages - linked - {"README.md", "images/CREDITS.md"} == set()


def test_the_readme_is_short() -> None:
    assert (ROOT / "README.md").read_text("utf-8").count("\n") <= 150
