"""Writes what is documented from the code: tables of settings and operations, example settings.

`python -m tools.document` writes them; with `--check` it reports what is out of date and exits 1.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import function_app
from shared.api.versions import FACE, LINEAMENT, Api
from shared.settings.service import SETTINGS

_ROOT = Path(__file__).resolve().parents[1]


def settings_table() -> str:
    """Every setting, its default, where it has an effect and what it means."""
    rows = [
        f"| `{setting.name}` | {setting.shown_default or setting.default or '(none)'} |"
        f" {setting.where} | {setting.meaning} |"
        for setting in SETTINGS
    ]
    return "\n".join(["| setting | default | where | meaning |", "|---|---|---|---|", *rows])


def example_settings() -> str:
    """The content of local.settings.example.json."""
    examples = {setting.name: setting.example for setting in SETTINGS if setting.example}
    values = {"FUNCTIONS_WORKER_RUNTIME": "python", **examples}
    return json.dumps({"IsEncrypted": False, "Values": values}, indent=2) + "\n"


def operations_table(api: Api = FACE) -> str:
    """All operations of an API, by path and method."""
    operations = [one for one in function_app.OPERATIONS if one.api == api]
    rows = [
        f"| {operation.method} | `{operation.path}` | {operation.summary} |"
        f" {', '.join(sorted(operation.versions or ('all',)))} |"
        for operation in sorted(operations, key=lambda one: (one.path, one.method))
    ]
    return "\n".join(["| method | path | what it does | versions |", "|---|---|---|---|", *rows])


def commands_table() -> str:
    """Every command of the Makefile, as `make help` lists them."""
    makefile = (_ROOT / "Makefile").read_text("utf-8")
    found = re.findall(r"^([a-z]+):.* ## (.*)$", makefile, re.MULTILINE)
    rows = [f"| `make {name}` | {meaning} |" for name, meaning in found]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


TABLES: Sequence[tuple[str, str, Callable[[], str]]] = (
    ("docs/settings.md", "settings", settings_table),
    ("docs/operations.md", "operations", operations_table),
    ("docs/commands.md", "commands", commands_table),
    ("docs/lineament.md", "lineament-operations", lambda: operations_table(LINEAMENT)),
)

EXAMPLE = "local.settings.example.json"


def written(text: str, marker: str, table: str) -> str:
    """Replace the table between a page's markers.

    Raises:
        ValueError: the page lacks the markers.
    """
    pattern = re.compile(f"(<!-- {marker} -->\n).*?(<!-- /{marker} -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"The markers of {marker} are missing.")
    return pattern.sub(lambda found: f"{found[1]}{table}\n{found[2]}", text)


def contents() -> Iterator[tuple[Path, str]]:
    """Every file that is made from the code, with what it should hold."""
    for page, marker, table in TABLES:
        path = _ROOT / page
        yield path, written(path.read_text("utf-8"), marker, table())
    yield _ROOT / EXAMPLE, example_settings()


def main(arguments: Sequence[str]) -> int:
    """Write the files, or check them.

    Returns:
        The exit code.
    """
    stale = [(path, after) for path, after in contents() if path.read_text("utf-8") != after]
    if "--check" in arguments:
        if stale:
            names = ", ".join(str(path.relative_to(_ROOT)) for path, _ in stale)
            print(f"Out of date: {names}. Run `make docs`.", file=sys.stderr)
        return 1 if stale else 0
    for path, after in stale:
        path.write_text(after, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
