"""Downloads pinned packages with pip or npm for the files in them. Nothing is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from local.emulator.node_packages import node_with_npm

PIP_TIMEOUT_SECONDS = 300
NPM_TIMEOUT_SECONDS = 300


class PackageUnavailable(Exception):
    """Pip or npm could not download the package; the message ends with its last line."""


def download(
    package: str, version: str, directory: Path, *, sha256: str | None = None, source: bool = False
) -> Path:
    """Download one wheel, or one source distribution, with the pip of this interpreter.

    Args:
        package: name of the package.
        version: the exact version.
        directory: an empty directory that exists.
        sha256: of the archive. Pip checks it before it opens the archive, which matters for a
            source distribution: pip runs its build backend to read the metadata.
        source: download the source distribution instead of the wheel.

    Returns:
        The path of the archive inside the directory.

    Raises:
        PackageUnavailable: the package cannot be downloaded, or its hash differs.
    """
    requirement = f"{package}=={version}"
    if sha256 is not None:
        requirement += f" --hash=sha256:{sha256}"
    with tempfile.TemporaryDirectory() as scratch:
        requirements = Path(scratch) / "requirements.txt"
        requirements.write_text(requirement + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
        command += ["--disable-pip-version-check", "--dest", str(directory)]
        command += ["--no-binary" if source else "--only-binary", package]
        command += ["--requirement", str(requirements)]
        try:
            # The command is built from constants and the committed manifest.
            done = subprocess.run(  # noqa: S603
                command, capture_output=True, text=True, timeout=PIP_TIMEOUT_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PackageUnavailable(f"pip could not fetch {package} {version}: {error}") from error
    archives = sorted(path for path in directory.iterdir() if path.is_file())
    if done.returncode != 0 or len(archives) != 1:
        last_words = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise PackageUnavailable(f"pip could not fetch {package} {version}: {last_words}")
    return archives[0]


def download_npm(package: str, version: str, directory: Path) -> Path:
    """Download one npm package with npm, which checks it against the registry's own digest.

    Args:
        package: name of the package.
        version: the exact version.
        directory: an empty directory that exists.

    Returns:
        The path of the .tgz archive inside the directory.

    Raises:
        PackageUnavailable: Node.js or npm is missing, or the package cannot be downloaded.
    """
    node = node_with_npm()
    if node is None:
        raise PackageUnavailable("Node.js with npm cannot be installed")
    command = [*node.npm, "pack", f"{package}@{version}", "--silent"]
    command += ["--ignore-scripts", "--pack-destination", str(directory)]
    try:
        # The command is built from constants and the committed manifest.
        done = subprocess.run(  # noqa: S603
            command,
            env={**os.environ, **node.environment},
            capture_output=True,
            text=True,
            timeout=NPM_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PackageUnavailable(f"npm could not fetch {package} {version}: {error}") from error
    archives = sorted(directory.glob("*.tgz"))
    if done.returncode != 0 or len(archives) != 1:
        last_words = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise PackageUnavailable(f"npm could not fetch {package} {version}: {last_words}")
    return archives[0]
