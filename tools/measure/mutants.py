"""Mutates the modules of a room and reports the mutants that the room's own tests let live.

Run as ``python -m tools.measure.mutants shared/services/deletion [module …]``. Works on a copy of
the last commit in ``.build/mutants``; each mutant takes a run of the tests: hours for a room.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / ".build" / "mutants"
TIMEOUT = 120.0
"""Seconds after which a mutant counts as killed: a test that does not end has noticed it."""

_CONFIGURATION = """\
[cosmic-ray]
module-path = {modules}
timeout = {timeout}
excluded-modules = []
test-command = "{python} -m pytest -q -x -p no:cacheprovider {tests}"

[cosmic-ray.distributor]
name = "local"

[cosmic-ray.filters.operators-filter]
exclude-operators = ["core/ReplaceBinaryOperator_BitOr_.*"]
"""
"""The excluded operator mutates annotations (``str | None``), which are never evaluated."""


def main(room: str, modules: list[str]) -> int:
    """Mutate a room; the exit status is 1 where a mutant lived."""
    _copy_last_commit()
    chosen = modules or sorted(
        str(path.relative_to(ROOT))
        for path in (ROOT / room).glob("*.py")
        if path.name != "__init__.py"
    )
    configuration = COPY / "mutants.toml"
    configuration.write_text(
        _CONFIGURATION.format(
            modules=chosen, timeout=TIMEOUT, python=sys.executable, tests=_tests_of(room)
        )
    )
    session = COPY / "mutants.sqlite"
    _run("cosmic-ray", "init", configuration, session)
    _run("cr-filter-operators", session, configuration)
    _run("cosmic-ray", "exec", configuration, session)
    report = _run("cr-report", "--surviving-only", session)
    print(report)
    return int("surviving mutants: 0" not in report)


def _copy_last_commit() -> None:
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    archive = subprocess.run(
        ["git", "archive", "HEAD"],  # noqa: S607 - the git of the PATH
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    subprocess.run(["tar", "-x"], cwd=COPY, input=archive.stdout, check=True)  # noqa: S607


def _tests_of(room: str) -> str:
    """The tests that stand for a room: those of the same path below tests/unit."""
    own = Path("tests/unit") / Path(room).relative_to("shared")
    if "records" in own.parts:
        return "tests/unit/services/deletion tests/unit/storage/records"
    return str(own)


def _run(program: str, *arguments: object) -> str:
    command = [str(Path(sys.executable).with_name(program)), *map(str, arguments)]
    done = subprocess.run(command, cwd=COPY, capture_output=True, text=True)  # noqa: S603
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
