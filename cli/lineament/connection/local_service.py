"""Finds a service that `make run` started on this machine.

The service writes ``endpoint.json`` into its data folder while it serves: its address, its
certificate and the file that holds its keys, never a key.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from lineament.connection.config import Connection

_FILE = Path(".local") / "endpoint.json"


def find_local_service(environment: Mapping[str, str], folder: Path) -> Connection | None:
    """The connection to a local service; None where none is found.

    The data folder is ``FACE_DATA_DIR``; else ``.local`` of ``folder``, of a folder above it, or of
    the checkout whose environment this program is installed in.
    """
    for file in _candidates(environment, folder):
        if file.is_file():
            return _read(file, environment)
    return None


def _candidates(environment: Mapping[str, str], folder: Path) -> Iterator[Path]:
    if data := environment.get("FACE_DATA_DIR"):
        # As the service reads it: `~` is a home folder.
        folder_of_data = os.path.expanduser(data)  # noqa: PTH111 - Path's raises without a user
        yield Path(folder_of_data) / _FILE.name
    for above in (folder, *folder.parents):
        yield above / _FILE
    yield Path(sys.prefix).parent / _FILE


def _read(file: Path, environment: Mapping[str, str]) -> Connection | None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        endpoint = str(content["url"])
        certificate = content.get("certificate")
        keys = environment.get("FACE_KEYS") or _keys(content.get("keysFile"))
    except (OSError, ValueError, KeyError, AttributeError):
        return None
    key = next((key.strip() for key in keys.split(",") if key.strip()), "")
    trusted = Path(certificate) if isinstance(certificate, str) else None
    return Connection(endpoint, key, trusted, str(file))


def _keys(file: object) -> str:
    if not isinstance(file, str):
        return ""
    values = json.loads(Path(file).read_text(encoding="utf-8")).get("Values", {})
    return str(values.get("FACE_KEYS", ""))
