"""`python -m local.emulator.install`: installs Azurite as one file, `azurite/azurite.cjs`.

The packages are those of `azurite/package-lock.json`, with its integrity hashes. esbuild bundles
them, because Azurite's 370 packages take 186 MB and three seconds to load; the bundle takes 10 MB.
Only the standard library is imported.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from local.emulator.adaptations import adapted
from local.emulator.node import Node, find_node
from local.emulator.node_packages import install

AZURITE_FOLDER = Path(__file__).parent / "azurite"
BUNDLE = AZURITE_FOLDER / "azurite.cjs"

# Azurite can keep its tables in an SQL server, which the one-machine host never does; the drivers
# are optional and not installed, so that the bundle must not look for them.
_SQL_DRIVERS = (
    "ibm_db",
    "mariadb",
    "mysql2",
    "oracledb",
    "pg",
    "pg-hstore",
    "snowflake-sdk",
    "sqlite3",
    "tedious",
)


def main() -> int:
    """Install Azurite.

    Returns:
        The exit code of the command that failed, or 0.
    """
    with tempfile.TemporaryDirectory(prefix=".install-", dir=AZURITE_FOLDER) as scratch:
        folder = Path(scratch)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(AZURITE_FOLDER / name, folder)
        if failed := install(folder):
            return failed
        node = find_node()
        if node is None:
            return 1
        bundle = folder / BUNDLE.name
        if failed := _bundle(node, folder, bundle):
            return failed
        bundle.write_text(adapted(bundle.read_text("utf-8")), "utf-8")
        bundle.replace(BUNDLE)
    return 0


def _bundle(node: Node, folder: Path, bundle: Path) -> int:
    modules = folder / "node_modules"
    command = [str(node.executable), str(modules / "esbuild" / "bin" / "esbuild")]
    command += [str(modules / "azurite" / "dist" / "src" / "azurite.js")]
    command += ["--bundle", "--platform=node", "--log-level=warning", f"--outfile={bundle}"]
    command += [f"--external:{driver}" for driver in _SQL_DRIVERS]
    # No part of the command comes from outside.
    return subprocess.run(command, cwd=folder, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
