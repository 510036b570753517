"""Exports collections, persons and faces to a file: `python -m tools.operate export FILE`.

The environment names the store, as for the service: FACE_STORE, FACE_DATA_DIR, COSMOS_ENDPOINT and
so on. The file contains names and biometric templates; protect it accordingly.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from shared.composition.container import Container
from shared.domain.errors import ConfigurationError, LineamentError
from shared.settings.service import store_location
from tools.operate.settings import WITHOUT_SERVICE
from tools.operate.transfer.export_file import Contents
from tools.operate.transfer.exporting import export_everything


def main(
    arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ
) -> int:
    """Export; 0 if the file is complete, otherwise 1 with one message."""
    parser = argparse.ArgumentParser(prog="python -m tools.operate export", description=__doc__)
    parser.add_argument(
        "file", type=Path, help="the file to write, as in people.jsonl.gz; must not exist"
    )
    file: Path = parser.parse_args(arguments).file
    try:
        if file.exists():
            raise ConfigurationError(f"{file} exists already. Name another file.")
        store_location(environment).check_exists()
        with closing(Container({**WITHOUT_SERVICE, **environment})) as container:
            enrolment = container.enrolment
            print(summary(export_everything(enrolment.archive, enrolment.collections, file)))
    except LineamentError as error:
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
        f"collections: {contents.collections}, persons: {contents.persons},"
        f" persisted faces: {contents.faces}, embedding models: {models}"
    )
