"""Reference material outside the repository, named by two variables; see docs/data.md."""

from __future__ import annotations

import os
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]

WITHOUT_DATA = "set DATA=… to a folder with the reference images; see docs/data.md"
"""Printed by commands and by skipped tests where the reference images are absent."""

WITHOUT_CONTRACT = "set CONTRACT=… to a folder with Microsoft's OpenAPI files; see docs/data.md"
"""Printed by skipped tests where Microsoft's OpenAPI files are absent."""


def data_folder() -> Path:
    """The folder of reference images: DATA, else ``../shared/data``; it may be absent."""
    return _folder("DATA", "../shared/data")


def contract_folder() -> Path:
    """The folder of Microsoft's OpenAPI files: CONTRACT, else ``../shared/contract/openapi``."""
    return _folder("CONTRACT", "../shared/contract/openapi")


def _folder(variable: str, default: str) -> Path:
    """A folder from the environment; a relative path starts at the repository's root."""
    return (_ROOT / (os.environ.get(variable) or default)).resolve()
