"""Draws the map of imports: `python -m tools.import_map [--root FOLDER]`.

Prints the rooms (folders) with their modules, the arrows between rooms with the imports behind
each, and cycles of modules. Imports inside functions and for type checking count too.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("functions", "shared", "local", "tools")

Graph = Mapping[str, Set[str]]
"""Modules, each with the modules of the repository that it imports."""


def module_name(file: Path, root: Path = ROOT) -> str:
    """The dotted name of a file."""
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(file: Path) -> set[str]:
    """Every name that a file imports, as ``module.name``; wherever the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def import_graph(root: Path = ROOT) -> Graph:
    """The imports among the modules below a root."""
    files = [root / "function_app.py"]
    for folder in FOLDERS:
        files += sorted((root / folder).rglob("*.py"))
    modules = {module_name(file, root): file for file in files if "node_modules" not in file.parts}
    return {
        name: {found for one in imported_names(file) if (found := _module(one, modules))} - {name}
        for name, file in modules.items()
    }


def _module(name: str, modules: Mapping[str, Path]) -> str:
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name


def circles(graph: Graph) -> list[list[str]]:
    """Groups of modules that import each other, directly or by way of others."""
    reached = {module: set(_reachable(module, graph)) for module in graph}
    found: dict[str, list[str]] = {}
    for module in sorted(graph):
        if module in reached[module]:
            group = sorted(one for one in reached[module] if module in reached[one])
            found.setdefault(group[0], group)
    return list(found.values())


def _reachable(module: str, graph: Graph) -> Iterator[str]:
    seen: set[str] = set()
    waiting = list(graph[module])
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            yield one
            waiting += graph[one]


def room_of(module: str, graph: Graph) -> str:
    """The room of a module: its package, or itself where it is one."""
    is_package = any(other.startswith(f"{module}.") for other in graph)
    return module if is_package else module.rpartition(".")[0] or module


def arrows(graph: Graph) -> Counter[tuple[str, str]]:
    """Pairs of rooms of which the first imports from the second, with the number of imports."""
    pairs = ((room_of(one, graph), room_of(other, graph)) for one in graph for other in graph[one])
    return Counter(pair for pair in pairs if pair[0] != pair[1])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the map; 1 where there is a circle."""
    parser = argparse.ArgumentParser(prog="python -m tools.import_map", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="default: this repository")
    graph = import_graph(parser.parse_args(arguments).root.resolve())
    rooms = Counter(room_of(module, graph) for module in graph)
    between = arrows(graph)
    for room, modules in sorted(rooms.items()):
        print(f"{room}: {modules}")
        for (start, end), imports in sorted(between.items()):
            if start == room:
                print(f"    -> {end} ({imports})")
    found = circles(graph)
    print(f"{len(graph)} modules, {len(rooms)} rooms, {len(between)} arrows, {len(found)} circles")
    for circle in found:
        print(f"circle: {', '.join(circle)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
