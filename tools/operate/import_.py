"""Imports an exported file into a store: `python -m tools.operate import FILE`.

The environment names the store, as for the service: FACE_STORE, FACE_DATA_DIR, COSMOS_ENDPOINT and
so on. Everything is imported or nothing, and existing data is unchanged. The collections that are
printed must be trained before they can be searched.
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
from shared.vision.runtime.manifest import Task, load_manifest
from tools.operate.export import summary
from tools.operate.transfer.importing import Import


def main(
    arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ
) -> int:
    """Import; 0 if everything was imported, otherwise 1 with one message."""
    parser = argparse.ArgumentParser(prog="python -m tools.operate import", description=__doc__)
    parser.add_argument("file", type=Path, help="a file written by the command export")
    file: Path = parser.parse_args(arguments).file
    try:
        location = store_location(environment)
        models = frozenset({load_manifest().first(Task.RECOGNITION).name})
        store = open_store(location, SystemClock())
        try:
            work = Import(store, file, models=models)
            work.run()
        finally:
            store.close()
    except (ConfigurationError, Unavailable) as error:
        print(f"import: {error.message}", file=sys.stderr)
        return 1
    print(summary(work.contents))
    for key in work.untrained:
        print(f"train: {key.kind.segment}/{key.collection_id}")
    return 0
