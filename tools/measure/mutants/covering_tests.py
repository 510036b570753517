"""Which tests run which statement, and how long each test takes."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coverage import CoverageData


@dataclass
class CoveringTests:
    """Tests by the lines that they run."""

    seconds: dict[str, float]
    """The duration of each test, by its id."""
    lines: dict[Path, dict[int, set[str]]] = field(default_factory=dict)
    """The tests that run a line, by module and line."""

    def of(self, module: Path, source: str, line: int) -> list[str]:
        """The tests that run the statement on a line: those of its room first, short ones first.

        For a statement that runs when its module is imported, these are the tests of the whole
        module; for one that no test runs, those of the surrounding statement.
        """
        by_line = self.lines.get(module, {})
        for first, last in _surrounding(source, line):
            ids = set().union(*(by_line.get(number, set()) for number in range(first, last + 1)))
            if ids:
                own = Path("tests/unit", *module.parts[1:-1]).as_posix()
                return sorted(ids, key=lambda name: (own not in name, self.seconds.get(name, 0.0)))
        return []


def measure(copy: Path, modules: Sequence[Path], tests: Sequence[str]) -> None:
    """Run the tests once, on a copy of the checkout.

    Raises:
        RuntimeError: A test fails without any mutation.
    """
    rooms = sorted({str(module.parent) for module in modules})
    done = subprocess.run(  # noqa: S603
        [
            sys.executable,
            *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", f"{__package__}.durations"),
            *("--cov-context=test", "--cov-report=", "--cov-fail-under=0"),
            *(f"--cov={room}" for room in rooms),
            *tests,
        ],
        cwd=copy,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"the tests fail without a mutation:\n{done.stdout}{done.stderr}")


def read_measured(copy: Path, modules: Sequence[Path]) -> CoveringTests:
    """The results of ``measure`` in a copy."""
    data = CoverageData(str(copy / ".coverage"))
    data.read()
    found = CoveringTests(seconds=json.loads((copy / "durations.json").read_text("utf-8")))
    for module in modules:
        contexts = data.contexts_by_lineno(str(copy / module))
        found.lines[module] = {
            number: {name.split("|")[0] for name in names if name}
            for number, names in contexts.items()
        }
    return found


def _surrounding(source: str, line: int) -> list[tuple[int, int]]:
    """The first and last lines of the statements around a line, innermost first."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.stmt):
            continue
        last = node.end_lineno or node.lineno
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        if first <= line <= last:
            body = getattr(node, "body", None)
            if body and isinstance(node, (ast.If, ast.While, ast.For, ast.With)):
                header = max(body[0].lineno - 1, node.lineno)
                if line <= header:
                    found.append((first, header))
            found.append((first, last))
    found.sort(key=lambda lines: lines[1] - lines[0])
    return [*found, (1, len(source.splitlines()))]
