"""Exports collections, persons and faces to a file: `python -m tools.operate export FILE`.

The environment names the store, as for the service: FACE_STORE, FACE_DATA_DIR, COSMOS_ENDPOINT and
so on. The file contains names and biometric templates; protect it accordingly.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.domain.clock import SystemClock
from shared.domain.errors import ConfigurationError, Unavailable
from shared.settings.service import store_location
from shared.storage.documents.open_store import open_store
from tools.operate.transfer.archive import Contents
from tools.operate.transfer.exporting import export_store


def main(
    arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ
) -> int:
    """Export; 0 if the file is complete, otherwise 1 with one message."""
    parser = argparse.ArgumentParser(prog="python -m tools.operate export", description=__doc__)
    parser.add_argument("file", type=Path, help="such as people.jsonl.gz; must not exist")
    file: Path = parser.parse_args(arguments).file
    try:
        if file.exists():
            raise ConfigurationError(f"{file} exists already. Name another file.")
        location = store_location(environment)
        location.check_exists()
        store = open_store(location, SystemClock())
        try:
            print(summary(export_store(store, file)))
        finally:
            store.close()
    except (ConfigurationError, Unavailable) as error:
        print(f"export: {error.message}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"export: {file}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def summary(contents: Contents) -> str:
    """A one-line summary of a file."""
    models = ", ".join(contents.models) or "none"
    return (
        f"collections: {contents.collections}, persisted faces: {contents.faces},"
        f" documents: {contents.documents}, embedding models: {models}"
    )
