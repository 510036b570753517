"""Builds the zip that is deployed to Azure: `python -m tools.package`.

It contains the app, the built models and the list of packages that Azure installs. The same tree
gives the same bytes, so that changes can be detected.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from shared.domain.errors import InvalidModel
from shared.vision.runtime.manifest import MODELS_DIRECTORY, load_manifest, read_verified

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / ".build" / "package" / "lineament.zip"

FILES = ("LICENSE", "function_app.py", "host.json", "requirements.txt")
FOLDERS = ("console", "functions", "shared")
"""Includes the manifest of the models, shared/vision/runtime/models.toml."""

MAXIMUM_BYTES = 60_000_000
"""Maximum size of the zip. An instance loads it when it starts; the wheels are added to it."""

_LEFT_BY_PYTHON = "__pycache__"
_FIRST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE = 0o100644 << 16


def main(arguments: list[str] | None = None) -> int:
    """Build the package and print its size; 1 if it cannot be built or is too large."""
    parser = argparse.ArgumentParser(prog="python -m tools.package", description=__doc__)
    parser.add_argument("--output", type=Path, default=PACKAGE, help="path of the zip")
    options = parser.parse_args(arguments)
    try:
        size = build(options.output)
    except (InvalidModel, OSError) as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    if size > MAXIMUM_BYTES:
        print(f"package: {size:,} bytes, more than {MAXIMUM_BYTES:,}", file=sys.stderr)
        return 1
    print(f"{options.output}: {size:,} bytes of at most {MAXIMUM_BYTES:,}")
    return 0


def build(output: Path, root: Path = ROOT) -> int:
    """Write the zip and return its size in bytes.

    Raises:
        InvalidModel: a model of the manifest is not built, or differs from it.
        OSError: a file cannot be read or written.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for file in packaged_files(root):
            entry = zipfile.ZipInfo(file.relative_to(root).as_posix(), _FIRST_ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _READABLE_FILE
            package.writestr(entry, file.read_bytes())
    return output.stat().st_size


def packaged_files(root: Path = ROOT) -> list[Path]:
    """The files of the package, in order of path.

    Raises:
        InvalidModel: a model of the manifest is not built, or differs from it.
    """
    return sorted({*(root / name for name in FILES), *_sources(root), *_models(root)})


def _sources(root: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        for file in (root / folder).rglob("*"):
            parts = file.relative_to(root).parts
            hidden = any(part.startswith(".") or part == _LEFT_BY_PYTHON for part in parts)
            if file.is_file() and not hidden:
                yield file


def _models(root: Path) -> Iterator[Path]:
    directory = root / MODELS_DIRECTORY.name
    for entry in load_manifest().built:
        read_verified(entry, directory)
        yield directory / entry.file


if __name__ == "__main__":
    sys.exit(main())
