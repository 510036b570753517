"""@azure-rest/ai-vision-face 1.0.0-beta.3 from npm: all its operations."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from local.emulator.node import find_node
from tests.clients.contract.recorder import Recorder
from tests.end_to_end.service import RunningService
from tests.images import portrait

FOLDER = Path(__file__).parent / "javascript"
DEFINITIONS = FOLDER / "node_modules/@azure-rest/ai-vision-face/dist/esm/clientDefinitions.d.ts"


def declared_operations() -> set[tuple[str, str]]:
    """Method and path of everything that the client's types declare."""
    text = DEFINITIONS.read_text("utf-8")
    interfaces = {
        name: {method.upper() for method in re.findall(r"^    (\w+)\(options", body, re.MULTILINE)}
        for name, body in re.findall(r"^export interface (\w+) \{(.*?)^\}", text, re.M | re.S)
    }
    routes = re.findall(r'\(path: "([^"]+)"[^)]*\): (\w+);', text)
    return {(method, path) for path, name in routes for method in interfaces[name]}


def test_every_operation_of_the_client(
    recorder: Recorder, service: RunningService, images_url: str
) -> None:
    node = find_node()
    if node is None or not DEFINITIONS.is_file():
        pytest.skip("the JavaScript client is not installed; `make test` installs it")
    portraits = str(portrait("person_a_1").parent)
    done = subprocess.run(
        [
            node.executable,
            "every_operation.mjs",
            recorder.url,
            service.key,
            portraits,
            images_url,
        ],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    called = {(method, path) for method, path, _ in map(json.loads, done.stdout.splitlines())}
    assert declared_operations() - called == set()
