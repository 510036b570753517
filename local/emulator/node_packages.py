"""`python -m local.emulator.node_packages FOLDER`: installs what a package.json names.

The versions and integrity hashes are those of its `package-lock.json`; it names no registry, so
that npm takes the one it is configured for. Only the standard library is imported.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from local.emulator.node import Node, find_node

_NODE_REQUIREMENTS = Path(__file__).parent / "azurite" / "requirements.txt"


def install(folder: Path) -> int:
    """Install a folder's packages, and Node first where the machine has none.

    Returns:
        The exit code of what failed, or 0.
    """
    node = node_with_npm()
    if node is None:
        return 1
    path = os.pathsep.join([str(node.executable.parent), os.environ.get("PATH", os.defpath)])
    return subprocess.run(  # noqa: S603 - no part of the command comes from outside
        [*node.npm, "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"],
        cwd=folder,
        env={
            **os.environ,
            **node.environment,
            "PATH": path,
            "npm_config_update_notifier": "false",
        },
        check=False,
    ).returncode


def node_with_npm() -> Node | None:
    """The machine's Node, else that of PyPI, installed where it or its npm is missing."""
    node = find_node()
    return node if node is not None and node.npm else _install_node()


def _install_node() -> Node | None:
    print("no Node.js 18 or newer with npm: installing it from PyPI", file=sys.stderr)  # noqa: T201
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    done = subprocess.run(  # noqa: S603 - no part of the command comes from outside
        # Again where the package is there without its npm.
        [*pip, "--force-reinstall", "--requirement", str(_NODE_REQUIREMENTS)],
        check=False,
    )
    node = find_node() if done.returncode == 0 else None
    if node is not None:
        # Headers for compiling extensions and manuals: 72 MB that nothing here needs.
        root = node.executable.parents[1]
        npm = root / "lib" / "node_modules" / "npm"
        for folder in (root / "include", npm / "docs", npm / "man"):
            shutil.rmtree(folder, ignore_errors=True)
    return node


if __name__ == "__main__":
    sys.exit(install(Path(sys.argv[1])))
