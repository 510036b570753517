"""The house keeps its shape: imports point one way, rooms stay small, start-up stays light."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

import pytest

from tools import import_map
from tools.import_map import circles, import_graph, module_name

imported_names = cache(import_map.imported_names)

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
    "shared.services.pending_work": {"deletion"},
    "shared.services.maintenance": {"pending_work", "uploads", "unknowns"},
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
EVERYTHING = [*SERVICE, *COMMAND_LINE, *sources("tests")[1:]]

COMMAND_LINE_LAYERS = {
    "lineament.text": 0,
    "lineament.errors": 1,
    "lineament.costs": 1,
    "lineament.terminal": 2,
    "lineament.connection": 2,
    "lineament.service": 3,
    "lineament.enrolment": 4,
    "lineament.uploads": 4,
    "lineament.moving": 5,
    "lineament.calibration": 5,
    "lineament.diagnosis": 5,
    "lineament.session": 6,
    "lineament.commands": 7,
    "lineament.root": 8,
    "lineament.run": 9,
    "lineament.__main__": 10,
}
"""The command line is a package of its own, which talks HTTP only."""


def imports(*files: Path) -> Iterator[tuple[str, str]]:
    """Every module of the files with each name that it imports."""
    for file in files:
        for name in sorted(imported_names(file)):
            yield module_name(file), name


def test_every_module_belongs_to_a_layer() -> None:
    assert [module_name(file) for file in SERVICE if room(module_name(file)) is None] == ["shared"]


def test_imports_point_one_way() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, name in imports(*SERVICE)
        if (own := room(module)) and (other := room(name)) not in (None, own)
        if LAYERS[str(other)] >= LAYERS[own]
    ]
    assert wrong == []


def test_the_command_line_imports_nothing_of_the_service() -> None:
    known = {*sys.stdlib_module_names, "lineament", "click", "httpx", "rich"}
    imported = imports(*COMMAND_LINE)
    foreign = [f"{own} imports {name}" for own, name in imported if name.split(".")[0] not in known]
    assert foreign == []


def test_imports_of_the_command_line_point_one_way() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, name in imports(*COMMAND_LINE)
        if (own := place(module.removeprefix("cli."), COMMAND_LINE_LAYERS))
        and (other := place(name, COMMAND_LINE_LAYERS)) not in (None, own)
        if COMMAND_LINE_LAYERS[str(other)] >= COMMAND_LINE_LAYERS[own]
    ]
    assert wrong == []


def allowed(own: str) -> set[str]:
    """The rooms of its layer that a room may import from."""
    layer = own.rpartition(".")[0]
    direct = {f"{layer}.{name}" for name in ARROWS[own]}
    return direct.union(*(allowed(other) for other in direct))


def test_imports_between_rooms_of_a_layer_follow_the_arrows() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, name in imports(*SERVICE)
        if (own := place(module, ARROWS)) and room(name) == room(own)
        if place(name, ARROWS) not in {None, own, *OPEN, *allowed(own)}
    ]
    assert wrong == []


def test_stores_and_kinds_of_records_do_not_know_their_peers() -> None:
    known = [
        f"{module} imports {name}"
        for module, name in imports(*SERVICE)
        if (own := place(module, PEERS)) and (other := place(name, PEERS)) not in (None, own)
        if str(other).rpartition(".")[0] in own
    ]
    assert known == []


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
    for file in EVERYTHING:
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


def test_modules_stay_small() -> None:
    lengths = {module_name(file): file.read_text("utf-8").count("\n") for file in EVERYTHING}
    assert {module: lines for module, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_modules_are_named_for_what_they_do() -> None:
    vague = [module_name(file) for file in EVERYTHING if VAGUE & set(file.stem.split("_"))]
    assert vague == []


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(file: Path) -> Iterator[tuple[Function, int]]:
    """The functions of a file at any depth, each with its number of lines."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, Function):
            yield node, (node.end_lineno or node.lineno) - node.lineno + 1


def test_functions_stay_small() -> None:
    long = [
        f"{module_name(file)}.{function.name} has {lines} lines"
        for file in EVERYTHING
        for function, lines in functions(file)
        if lines > LONGEST_FUNCTION
    ]
    assert long == []


def test_no_trigger_decides_by_the_type_of_a_value() -> None:
    triggers = sources("functions")[1:]
    assert [file.name for file in triggers if "isinstance(" in file.read_text("utf-8")] == []


def test_a_handler_has_fifteen_lines_at_most() -> None:
    long = [
        f"{module_name(file)}.{function.name} has {lines} lines"
        for file in sources("functions/http")[1:]
        for function, lines in functions(file)
        if function.decorator_list and function.col_offset == 0 and lines > LONGEST_HANDLER
    ]
    assert long == []


def test_the_app_loads_without_what_is_slow_to_import() -> None:
    slow = ("numpy", "onnxruntime", "PIL", "azure.cosmos", "azure.identity", "azure.storage")
    program = f"import sys, function_app; print([m for m in {slow!r} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_onnxruntime_is_imported_where_its_telemetry_is_off() -> None:
    importing = {m for m, name in imports(*EVERYTHING) if name.split(".")[0] == "onnxruntime"}
    assert [m for m in sorted(importing) if not m.startswith("shared.vision.runtime.")] == []


def test_host_json_delivers_queue_messages_as_the_queue_policy_says() -> None:
    from shared.services.queue_policy import DELIVERIES, REDELIVERY

    queues = json.loads((ROOT / "host.json").read_text("utf-8"))["extensions"]["queues"]
    assert queues["maxDequeueCount"] == DELIVERIES
    assert queues["visibilityTimeout"] == f"00:00:{REDELIVERY.seconds:02}"
