"""The container, the workflows and the release say what the Makefile and the code say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.settings.service import SETTINGS
from shared.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def test_the_container_installs_and_starts_by_the_makefile() -> None:
    text = (ROOT / "Containerfile").read_text("utf-8")
    steps = [line for line in text.splitlines() if line.startswith(("RUN ", "CMD "))]
    assert steps[-2:] == ["RUN make setup-run", 'CMD ["make", "run"]']
    assert {"setup-run", "run"} <= make_targets()


def test_the_container_sets_settings_that_exist() -> None:
    text = (ROOT / "Containerfile").read_text("utf-8")
    line = re.search(r"^ENV (.*)$", text, re.MULTILINE)
    assert line is not None
    names = {pair.partition("=")[0] for pair in line[1].split()}
    assert names <= {setting.name for setting in SETTINGS}
    assert "FACE_KEYS" in (ROOT / "compose.yaml").read_text("utf-8")


def test_a_container_and_a_unit_wait_for_the_longest_stop() -> None:
    """The sum in the docstring of ``local.launch._stop``."""
    launch = (ROOT / "local" / "launch.py").read_text("utf-8")
    together = re.search(r"\| together \| (\d+) \|", launch)
    assert together is not None
    for file, pattern in (
        ("compose.yaml", r"stop_grace_period: (\d+)s"),
        ("docs/lineament.service", r"TimeoutStopSec=(\d+)"),
    ):
        waits = re.search(pattern, (ROOT / file).read_text("utf-8"))
        assert waits is not None
        assert int(waits[1]) > int(together[1]), file


def test_the_container_takes_nothing_that_was_built_or_stored_here() -> None:
    ignored = set((ROOT / ".containerignore").read_text("utf-8").splitlines())
    made = {".venv", ".build", ".local", ".env", "local.settings.json", "models/*.onnx"}
    assert made <= ignored


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(workflow: Path) -> None:
    used = re.findall(r"uses: (\S+)", workflow.read_text("utf-8"))
    assert used
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action) for action in used), used


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_call_targets_that_exist(workflow: Path) -> None:
    called = re.findall(r"run: make ([a-z-]+)", workflow.read_text("utf-8"))
    assert set(called) <= make_targets()


def test_pages_name_targets_that_exist() -> None:
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")):
        if page.name != "CHANGELOG.md":
            text = page.read_text("utf-8")
            code = re.findall(r"```.*?```|^ {4}[^\n]*|`[^`\n]+`", text, re.DOTALL | re.MULTILINE)
            calls = r"^[` ]*(?:[A-Z_]+=\S+ )*make (?:-C \S+ )?([a-z-]+)"
            named = {name for part in code for name in re.findall(calls, part, re.MULTILINE)}
            assert named <= make_targets(), page


def test_pages_name_modules_and_measurements_that_exist() -> None:
    measured = (ROOT / "tools/measure/accuracy/__main__.py").read_text("utf-8")
    measurements = set(re.findall(r'^    "([a-z-]+)": ', measured, re.MULTILINE))
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")):
        text = page.read_text("utf-8")
        for module in re.findall(r"python -m ((?:local|tests|tools)[\w.]*)", text):
            path = ROOT / module.rstrip(".").replace(".", "/")
            assert path.is_dir() or path.with_suffix(".py").is_file(), (page, module)
        for names in re.findall(r'ACCURACY=(?:"([a-z -]+)"|([a-z-]+))', text):
            assert set("".join(names).split()) <= measurements, (page, names)


def test_the_citation_has_the_version_of_the_service() -> None:
    assert f"version: {VERSION}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
