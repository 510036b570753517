"""The house keeps its shape: imports point one way, rooms stay small, start-up stays light."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LAYERS: dict[str, int] = {
    "shared.domain": 0,
    "shared.version": 0,
    "shared.settings.declaration": 1,
    "shared.settings.parsers": 1,
    "shared.settings.process": 2,
    "shared.storage": 3,
    "shared.vision": 3,
    "shared.gallery": 3,
    "shared.network": 3,
    "shared.settings": 4,
    "shared.services": 4,
    "shared.api": 5,
    "shared.composition": 6,
    "functions": 7,
    "function_app": 8,
    "local": 9,
    "tools": 10,
}
"""A module may import from lower layers, and from its own room.

Settings are declared beside what they configure, in storage too; so the means to declare them
stand below, and what gathers them stands above.
"""

ROOMS: dict[str, int] = {
    "shared.services.messages": 0,
    "shared.services.galleries": 1,
    "shared.services.recognition": 2,
    "shared.services.training": 2,
    "shared.services.deletion": 3,
    "shared.services.collections": 4,
    "shared.services.uploads": 5,
    "shared.services.maintenance": 6,
    "shared.storage.layout": 0,
    "shared.storage.documents": 1,
    "shared.storage.account": 1,
    "shared.storage.records": 3,
    "shared.storage.vectors": 4,
}
"""The same within a layer: rooms import from rooms with lower numbers only."""

MOST_MODULES = 12
"""In one room."""

LONGEST_MODULE = 350
LONGEST_FUNCTION = 60
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


def sources(*folders: str) -> list[Path]:
    files = [ROOT / "function_app.py"]
    for folder in folders:
        files += sorted((ROOT / folder).rglob("*.py"))
    return [file for file in files if "node_modules" not in file.parts]


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def place(module: str, places: dict[str, int]) -> str | None:
    """The longest prefix of a module's name among ``places``; None where there is none."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if (name := ".".join(parts[:length])) in places:
            return name
    return None


def room(module: str) -> str | None:
    """The layer that a module belongs to; None for what is not ours."""
    return place(module, LAYERS)


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


SERVICE = sources("functions", "shared", "local", "tools")


@pytest.mark.parametrize("file", SERVICE, ids=module_name)
def test_imports_point_one_way(file: Path) -> None:
    own = room(module_name(file))
    if own is None:
        assert module_name(file) == "shared"
        return
    for name in imported(file):
        other = room(name)
        if other is not None and other != own:
            assert LAYERS[other] < LAYERS[own], f"{module_name(file)} imports {name}"


@pytest.mark.parametrize("file", SERVICE, ids=module_name)
def test_imports_between_rooms_of_a_layer_point_one_way(file: Path) -> None:
    own = place(module_name(file), ROOMS)
    if own is None:
        return
    for name in imported(file):
        other = place(name, ROOMS)
        if other is not None and other != own and room(other) == room(own):
            assert ROOMS[other] < ROOMS[own], f"{module_name(file)} imports {name}"


def test_a_room_has_twelve_modules_at_most() -> None:
    rooms: dict[Path, int] = {}
    for file in SERVICE:
        if file.name != "__init__.py":
            rooms[file.parent] = rooms.get(file.parent, 0) + 1
    full = {str(folder.relative_to(ROOT)): n for folder, n in rooms.items() if n > MOST_MODULES}
    assert full == {}


def test_vision_gallery_and_storage_do_not_know_each_other() -> None:
    rooms = {"shared.vision", "shared.gallery", "shared.storage"}
    for file in sources("shared/vision", "shared/gallery", "shared/storage")[1:]:
        others = {room(name) for name in imported(file)} & rooms
        assert others <= {room(module_name(file))}, module_name(file)


@pytest.mark.parametrize("folder", ["functions", "shared"])
def test_only_functions_know_azure_functions(folder: str) -> None:
    for file in sources(folder)[1:]:
        knows = any(name.startswith("azure.functions") for name in imported(file))
        assert not knows or folder == "functions", module_name(file)


@pytest.mark.parametrize("file", [*SERVICE, *sources("tests")[1:]], ids=module_name)
def test_modules_and_functions_stay_small_and_are_named_for_what_they_do(file: Path) -> None:
    text = file.read_text("utf-8")
    assert text.count("\n") <= LONGEST_MODULE
    assert not VAGUE & set(file.stem.split("_"))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= LONGEST_FUNCTION, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("file", sources("functions")[1:], ids=module_name)
def test_no_trigger_decides_by_the_type_of_a_value(file: Path) -> None:
    assert "isinstance(" not in file.read_text("utf-8")


def test_the_app_loads_without_what_is_slow_to_import() -> None:
    slow = ("numpy", "onnxruntime", "PIL", "azure.cosmos", "azure.identity")
    program = f"import sys, function_app; print([m for m in {slow!r} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_the_queue_functions_know_when_an_attempt_is_the_last() -> None:
    from functions.queues import _ATTEMPTS

    host = json.loads((ROOT / "host.json").read_text("utf-8"))
    assert host["extensions"]["queues"]["maxDequeueCount"] == _ATTEMPTS
