"""The house keeps its shape: imports point one way, rooms stay small, start-up stays light."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

from tools.import_map import circles, import_graph, imported_names, module_name

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

ARROWS: dict[str, set[str]] = {
    "shared.services.messages": set(),
    "shared.services.queue_policy": set(),
    "shared.services.poison": set(),
    "shared.services.galleries": set(),
    "shared.services.cohorts": {"galleries"},
    "shared.services.recognition": {"galleries", "cohorts"},
    "shared.services.training": {"galleries"},
    "shared.services.deletion": {"training"},
    "shared.services.collections": {"recognition", "deletion"},
    "shared.services.archive": {"collections"},
    "shared.services.uploads": {"recognition", "collections"},
    "shared.services.people": {"recognition", "collections"},
    "shared.services.duplicates": {"recognition"},
    "shared.services.unknowns": {"recognition", "collections"},
    "shared.services.maintenance": {"uploads", "deletion", "unknowns"},
    "shared.storage.layout": set(),
    "shared.storage.account": {"layout"},
    "shared.storage.documents": {"layout"},
    "shared.storage.records": {"documents"},
    "shared.storage.vectors": {"records"},
}
"""The rooms that a room may import from, and by way of them those that they may import from.

Within one layer only; the rooms of messages and of the queues' policy are open to all services.
"""

OPEN = {"shared.services.messages", "shared.services.queue_policy", "shared.storage.layout"}

PEERS = {
    "shared.storage.documents.sqlite",
    "shared.storage.documents.cosmos",
    "shared.storage.records.collections",
    "shared.storage.records.directory",
}
"""Rooms that do not know each other: two stores, two kinds of records."""

MOST_MODULES = 12
"""In one room."""

LONGEST_MODULE = 350
LONGEST_FUNCTION = 60
LONGEST_HANDLER = 15
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


def sources(*folders: str) -> list[Path]:
    files = [ROOT / "function_app.py"]
    for folder in folders:
        files += sorted((ROOT / folder).rglob("*.py"))
    return [file for file in files if "node_modules" not in file.parts]


def place(module: str, places: Collection[str]) -> str | None:
    """The longest prefix of a module's name among ``places``; None where there is none."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if (name := ".".join(parts[:length])) in places:
            return name
    return None


def room(module: str) -> str | None:
    """The layer that a module belongs to; None for what is not ours."""
    return place(module, LAYERS)


SERVICE = sources("functions", "shared", "local", "tools")
COMMAND_LINE = sources("cli/lineament")[1:]

COMMAND_LINE_LAYERS = {
    "lineament.errors": 0,
    "lineament.costs": 0,
    "lineament.terminal": 1,
    "lineament.connection": 1,
    "lineament.service": 2,
    "lineament.enrolment": 3,
    "lineament.moving": 4,
    "lineament.calibration": 4,
    "lineament.diagnosis": 4,
    "lineament.session": 5,
    "lineament.commands": 6,
    "lineament.root": 7,
    "lineament.__main__": 8,
}
"""The command line is a package of its own, which talks HTTP only."""


@pytest.mark.parametrize("file", SERVICE, ids=module_name)
def test_imports_point_one_way(file: Path) -> None:
    own = room(module_name(file))
    if own is None:
        assert module_name(file) == "shared"
        return
    for name in imported_names(file):
        other = room(name)
        if other is not None and other != own:
            assert LAYERS[other] < LAYERS[own], f"{module_name(file)} imports {name}"


@pytest.mark.parametrize("file", COMMAND_LINE, ids=module_name)
def test_the_command_line_stands_alone_and_its_imports_point_one_way(file: Path) -> None:
    own = place(module_name(file, ROOT / "cli"), COMMAND_LINE_LAYERS)
    for name in imported_names(file):
        root = name.partition(".")[0]
        assert root in {*sys.stdlib_module_names, "lineament", "click", "httpx", "rich"}, name
        other = place(name, COMMAND_LINE_LAYERS)
        if own is not None and other not in (None, own):
            assert COMMAND_LINE_LAYERS[str(other)] < COMMAND_LINE_LAYERS[own], name


def allowed(own: str) -> set[str]:
    """The rooms of its layer that a room may import from."""
    layer = own.rpartition(".")[0]
    direct = {f"{layer}.{name}" for name in ARROWS[own]}
    return direct.union(*(allowed(other) for other in direct))


@pytest.mark.parametrize("file", SERVICE, ids=module_name)
def test_imports_between_rooms_of_a_layer_follow_the_arrows(file: Path) -> None:
    own = place(module_name(file), ARROWS)
    if own is None:
        return
    for name in imported_names(file):
        other = place(name, ARROWS)
        if other not in {None, own, *OPEN} and room(name) == room(own):
            assert other in allowed(own), f"{module_name(file)} imports {name}"


@pytest.mark.parametrize("file", SERVICE, ids=module_name)
def test_stores_and_kinds_of_records_do_not_know_their_peers(file: Path) -> None:
    own = place(module_name(file), PEERS)
    if own is not None:
        known = {place(name, PEERS) for name in imported_names(file)} - {None, own}
        siblings = {peer for peer in known if peer and peer.rpartition(".")[0] in own}
        assert siblings == set(), module_name(file)


def test_no_module_imports_another_in_a_circle() -> None:
    assert circles(import_graph()) == []


def test_the_map_shows_a_circle_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text("from shared.one import One", "utf-8")
    (tmp_path / "shared").mkdir()
    for name, other in (("one", "two"), ("two", "three"), ("three", "one"), ("four", "one")):
        text = f"def load():\n    from shared.{other} import {other.title()}\n"
        (tmp_path / "shared" / f"{name}.py").write_text(text, "utf-8")
    assert circles(import_graph(tmp_path)) == [["shared.one", "shared.three", "shared.two"]]


def test_a_room_has_twelve_modules_at_most() -> None:
    rooms: dict[Path, int] = {}
    for file in [*SERVICE, *COMMAND_LINE]:
        if file.name != "__init__.py":
            rooms[file.parent] = rooms.get(file.parent, 0) + 1
    full = {str(folder.relative_to(ROOT)): n for folder, n in rooms.items() if n > MOST_MODULES}
    assert full == {}


def test_vision_gallery_and_storage_do_not_know_each_other() -> None:
    rooms = {"shared.vision", "shared.gallery", "shared.storage"}
    for file in sources("shared/vision", "shared/gallery", "shared/storage")[1:]:
        others = {room(name) for name in imported_names(file)} & rooms
        assert others <= {room(module_name(file))}, module_name(file)


@pytest.mark.parametrize("folder", ["functions", "shared"])
def test_only_functions_know_azure_functions(folder: str) -> None:
    for file in sources(folder)[1:]:
        knows = any(name.startswith("azure.functions") for name in imported_names(file))
        assert not knows or folder == "functions", module_name(file)


@pytest.mark.parametrize("file", [*SERVICE, *COMMAND_LINE, *sources("tests")[1:]], ids=module_name)
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


@pytest.mark.parametrize("file", sources("functions/http")[1:], ids=module_name)
def test_a_handler_has_fifteen_lines_at_most(file: Path) -> None:
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= LONGEST_HANDLER, f"{node.name} has {lines} lines"


def test_the_app_loads_without_what_is_slow_to_import() -> None:
    slow = ("numpy", "onnxruntime", "PIL", "azure.cosmos", "azure.identity")
    program = f"import sys, function_app; print([m for m in {slow!r} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("file", [*SERVICE, *COMMAND_LINE, *sources("tests")[1:]], ids=module_name)
def test_onnxruntime_is_imported_where_its_telemetry_is_off(file: Path) -> None:
    if any(name.split(".")[0] == "onnxruntime" for name in imported_names(file)):
        assert module_name(file).startswith("shared.vision.runtime.")


def test_host_json_delivers_queue_messages_as_the_queue_policy_says() -> None:
    from shared.services.queue_policy import DELIVERIES, REDELIVERY

    queues = json.loads((ROOT / "host.json").read_text("utf-8"))["extensions"]["queues"]
    assert queues["maxDequeueCount"] == DELIVERIES
    assert queues["visibilityTimeout"] == f"00:00:{REDELIVERY.seconds:02}"
