"""Mutates rooms or modules and prints the mutants that survive the tests.

Run as ``python -m tools.measure.mutants shared/services/deletion [module …]``. Works on a copy of
the last commit in ``.build/mutants``. For each mutant only the tests that run the changed statement
are run, until one fails. ``--tests PATH …`` uses only these tests, which is stricter and faster.
``--survivors FILE`` writes the surviving mutants, one per line; ``--again FILE`` runs only those of
such a file.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tools.measure.mutants.covering_tests import CoveringTests, measure, read_measured
from tools.measure.mutants.equivalents import read_equivalents, reason_for
from tools.measure.mutants.forked_runs import import_packages, succeeds, tests_pass
from tools.measure.mutants.mutations import Mutant, mutants_of
from tools.measure.mutants.patched_runs import run_patched

ROOT = Path(__file__).resolve().parents[3]
_ROOMS = ("deletion", "ledgers", "training", "galleries", "directory")
TESTS = (
    *(f"tests/unit/services/{room}" for room in _ROOMS),
    "tests/unit/services/test_queue_policy.py",
    "tests/unit/gallery/snapshots",
    "tests/unit/storage/records",
)
"""The tests of the rooms that promise that what is deleted stays deleted."""
_LEAST_SECONDS, _FACTOR = 90.0, 2.0
"""A run that exceeds these seconds plus this multiple of its tests' duration is considered
endless."""
_DAY = 86_400.0


def main(arguments: Sequence[str]) -> int:
    """Mutate; the exit status is 1 if a mutant survived that is not known to be equivalent."""
    parser = argparse.ArgumentParser(prog="python -m tools.measure.mutants")
    parser.add_argument("paths", nargs="+", type=Path, help="rooms and modules")
    parser.add_argument("--copy", type=Path, default=ROOT / ".build" / "mutants")
    parser.add_argument("--tests", nargs="+", default=TESTS)
    parser.add_argument("--measured", action="store_true", help="as the run before in this copy")
    parser.add_argument("--most", type=int, help="tests a mutant meets at most, to be fast")
    parser.add_argument("--survivors", type=Path)
    parser.add_argument("--again", type=Path)
    chosen = parser.parse_args(arguments)
    os.environ.setdefault("PYTEST_TIMEOUT", "60")  # seconds a test, to pytest-timeout
    modules = _modules(chosen.paths)
    if not chosen.measured:
        _copy_last_commit(chosen.copy)
        measure(chosen.copy, modules, chosen.tests)
    only = set(chosen.again.read_text("utf-8").splitlines()) if chosen.again else None
    covering = read_measured(chosen.copy, modules)
    run = Mutation(chosen.copy, chosen.tests, covering, chosen.most)
    import_packages()
    if not chosen.measured:
        run.check_that_tests_pass()
    for module in modules:
        run.mutate(module, only)
    if chosen.survivors:
        lines = [f"{_name(mutant)}\n" for mutant in run.lived]
        chosen.survivors.write_text("".join(lines), "utf-8")
    print(f"\n{len(run.lived)} mutants lived that are not known as equivalent")
    return int(bool(run.lived))


class Mutation:
    """A run over several modules."""

    def __init__(
        self, copy: Path, tests: Sequence[str], covering: CoveringTests, most: int | None
    ) -> None:
        self.lived: list[Mutant] = []
        self._copy = copy
        self._tests = tests
        self._covering = covering
        self._most = most
        self._equivalents = read_equivalents()

    def check_that_tests_pass(self) -> None:
        """Run the tests without a mutation.

        Raises:
            RuntimeError: they fail, so no mutant could survive.
        """
        seconds = _LEAST_SECONDS + _FACTOR * sum(self._covering.seconds.values())
        if not tests_pass(self._copy, self._tests, timeout=seconds):
            raise RuntimeError("the tests fail in a fork without a mutation")

    def mutate(self, module: Path, only: set[str] | None) -> None:
        """Run the mutants of a module; prints the survivors and the totals."""
        source = (self._copy / module).read_text("utf-8")
        counts: Counter[str] = Counter()
        waiting = []
        for mutant in mutants_of(module, source):
            if only is not None and _name(mutant) not in only:
                continue
            if reason_for(mutant, self._equivalents) is not None:
                counts["equivalent"] += 1
            else:
                tests = self._covering.of(module, source, mutant.line)[: self._most]
                expected = sum(self._covering.seconds.get(name, 0.0) for name in tests)
                waiting.append((mutant, tests, _LEAST_SECONDS + _FACTOR * expected))
        patched = self._run_patched(waiting)
        lived = []
        for mutant, tests, seconds in waiting:
            killed = patched.get(str(mutant))
            if killed is None:
                killed = self._killed_after_import(mutant, source, tests, seconds)
            counts["killed"] += killed
            if not killed:
                lived.append(mutant)
                print(f"  lived: {mutant} [{mutant.operator}]", flush=True)
        self.lived += lived
        print(
            f"{module}: {len(waiting) + counts['equivalent']} mutants, {counts['killed']} killed,"
            f" {counts['equivalent']} equivalent, {len(lived)} lived",
            flush=True,
        )

    def _run_patched(
        self, waiting: Sequence[tuple[Mutant, Sequence[str], float]]
    ) -> dict[str, bool]:
        """Mutant → whether it was killed; omits mutants that need a new import."""
        results = self._copy / "results.txt"
        results.write_text("", "utf-8")

        def report(mutant: Mutant, killed: bool | None) -> None:
            if killed is not None:
                with results.open("a", encoding="utf-8") as file:
                    file.write(f"{int(killed)}{mutant}\n")

        tests = sorted({name.partition("::")[0] for _, names, _ in waiting for name in names})
        if tests and not succeeds(
            lambda: run_patched(self._copy, tests, waiting, self._covering.seconds, report),
            timeout=_DAY,
        ):
            raise RuntimeError("the tests were not collected")
        lines = results.read_text("utf-8").splitlines()
        return {line[1:]: line[0] == "1" for line in lines}

    def _killed_after_import(
        self, mutant: Mutant, source: str, tests: Sequence[str], seconds: float
    ) -> bool:
        path = self._copy / mutant.module
        path.write_text(mutant.source, "utf-8")
        try:
            return bool(tests) and not tests_pass(self._copy, tests, timeout=seconds)
        finally:
            path.write_text(source, "utf-8")


def _name(mutant: Mutant) -> str:
    """The identity of a mutant, independent of line numbers."""
    return f"{mutant.module}\t{mutant.before}\t{mutant.after}"


def _modules(paths: Sequence[Path]) -> list[Path]:
    found = []
    for path in paths:
        modules = [path] if path.suffix else sorted((ROOT / path).rglob("*.py"))
        found += [module for module in modules if module.name != "__init__.py"]
    return [(ROOT / module).relative_to(ROOT) for module in found]


def _copy_last_commit(copy: Path) -> None:
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    archive = subprocess.run(
        ["git", "archive", "HEAD"],  # noqa: S607 - the git of the PATH
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    subprocess.run(["tar", "-x"], cwd=copy, input=archive.stdout, check=True)  # noqa: S607


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
