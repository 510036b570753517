"""Mutates rooms or modules and prints the mutants that the tests let live.

Run as ``python -m tools.measure.mutants shared/services/deletion [module …]``. Works on a copy of
the last commit in ``.build/mutants``. Each mutant meets only the tests that run the changed
statement, the shortest first, until one fails. ``--survivors FILE`` writes the mutants that live,
one a line; ``--again FILE`` runs only those of such a file.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tools.measure.mutants.covering_tests import CoveringTests, measure, read_measured
from tools.measure.mutants.equivalents import read_equivalents, reason_for
from tools.measure.mutants.forked_runs import import_packages, tests_pass
from tools.measure.mutants.mutations import Mutant, mutants_of

ROOT = Path(__file__).resolve().parents[3]
TESTS = (
    *(f"tests/unit/services/{room}" for room in ("deletion", "training", "galleries", "directory")),
    "tests/unit/services/test_queue_policy.py",
    "tests/unit/gallery/snapshots",
    "tests/unit/storage/records",
)
"""The tests of the rooms that promise that what is deleted stays deleted."""
_LEAST_SECONDS, _FACTOR = 90.0, 2.0
"""A run that takes longer than this and this many times its tests' duration does not end."""


def main(arguments: Sequence[str]) -> int:
    """Mutate; the exit status is 1 where a mutant lived that is not known as equivalent."""
    parser = argparse.ArgumentParser(prog="python -m tools.measure.mutants")
    parser.add_argument("paths", nargs="+", type=Path, help="rooms and modules")
    parser.add_argument("--copy", type=Path, default=ROOT / ".build" / "mutants")
    parser.add_argument("--tests", nargs="+", default=TESTS)
    parser.add_argument("--measured", action="store_true", help="as the run before in this copy")
    parser.add_argument("--survivors", type=Path)
    parser.add_argument("--again", type=Path)
    chosen = parser.parse_args(arguments)
    copy: Path = chosen.copy
    modules = _modules(chosen.paths)
    if not chosen.measured:
        _copy_last_commit(copy)
        measure(copy, modules, chosen.tests)
    covering = read_measured(copy, modules)
    import_packages()
    if not tests_pass(copy, chosen.tests, timeout=_LEAST_SECONDS + sum(covering.seconds.values())):
        raise RuntimeError("the tests fail in a fork without a mutation")
    only = set(chosen.again.read_text("utf-8").splitlines()) if chosen.again else None
    lived: list[Mutant] = []
    for module in modules:
        lived += _of_module(copy, module, covering, only)
    if chosen.survivors:
        chosen.survivors.write_text("".join(f"{_name(mutant)}\n" for mutant in lived), "utf-8")
    print(f"\n{len(lived)} mutants lived that are not known as equivalent")
    return int(bool(lived))


def _of_module(
    copy: Path, module: Path, covering: CoveringTests, only: set[str] | None
) -> list[Mutant]:
    """Run the mutants of a module; prints each that lives, and the totals."""
    source = (copy / module).read_text("utf-8")
    equivalents = read_equivalents()
    counts: Counter[str] = Counter()
    lived = []
    began = time.monotonic()
    for mutant in mutants_of(module, source):
        if only is not None and _name(mutant) not in only:
            continue
        counts["mutants"] += 1
        if reason_for(mutant, equivalents) is not None:
            counts["equivalent"] += 1
        elif _killed(copy, mutant, covering.of(module, source, mutant.line), covering):
            counts["killed"] += 1
        else:
            lived.append(mutant)
            print(f"  lived: {mutant} [{mutant.operator}]", flush=True)
    (copy / module).write_text(source, "utf-8")
    print(
        f"{module}: {counts['mutants']} mutants, {counts['killed']} killed,"
        f" {counts['equivalent']} equivalent, {len(lived)} lived"
        f" ({time.monotonic() - began:.0f} s)",
        flush=True,
    )
    return lived


def _killed(copy: Path, mutant: Mutant, tests: Sequence[str], covering: CoveringTests) -> bool:
    if not tests:
        return False
    (copy / mutant.module).write_text(mutant.source, "utf-8")
    expected = sum(covering.seconds.get(name, 0.0) for name in tests)
    return not tests_pass(copy, tests, timeout=_LEAST_SECONDS + _FACTOR * expected)


def _name(mutant: Mutant) -> str:
    """What identifies a mutant while lines move."""
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
