"""Writes the tables of settings and operations into the documentation, from the code.

`python -m tools.document` writes them; with `--check` it says what is out of date and exits 1.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import function_app
from shared.settings.service import SETTINGS

_ROOT = Path(__file__).resolve().parents[1]


def settings_table() -> str:
    """Every setting, its default and what it means."""
    rows = [
        f"| `{setting.name}` | {setting.default or '(none)'} | {setting.meaning} |"
        for setting in SETTINGS
    ]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


def operations_table() -> str:
    """Every operation below ``/face/{version}/``."""
    rows = [
        f"| {operation.method} | `{operation.path}` | {operation.summary} |"
        f" {', '.join(sorted(operation.versions or ('all',)))} |"
        for operation in sorted(function_app.OPERATIONS, key=lambda one: (one.path, one.method))
    ]
    return "\n".join(["| method | path | what it does | versions |", "|---|---|---|---|", *rows])


TABLES: Sequence[tuple[str, str, Callable[[], str]]] = (
    ("README.md", "settings", settings_table),
    ("docs/operations.md", "operations", operations_table),
)


def written(text: str, marker: str, table: str) -> str:
    """A page with the table put between its markers.

    Raises:
        ValueError: the page lacks the markers.
    """
    pattern = re.compile(f"(<!-- {marker} -->\n).*?(<!-- /{marker} -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"The markers of {marker} are missing.")
    return pattern.sub(lambda found: f"{found[1]}{table}\n{found[2]}", text)


def main(arguments: Sequence[str]) -> int:
    """Write the tables, or check them.

    Returns:
        The exit code.
    """
    stale = []
    for page, marker, table in TABLES:
        path = _ROOT / page
        before = path.read_text("utf-8")
        after = written(before, marker, table())
        if after != before:
            stale.append(page)
            if "--check" not in arguments:
                path.write_text(after, "utf-8")
    if stale and "--check" in arguments:
        print(f"Out of date: {', '.join(stale)}. Run `make docs`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
