"""Imports an exported file into a store: `python -m tools.operate import FILE`.

The environment names the store, as for the service: FACE_STORE, FACE_DATA_DIR, COSMOS_ENDPOINT and
so on. Existing persons and faces are not changed, so the same command continues after a fault.
Train the collections that are printed before you search them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from shared.composition.container import Container
from shared.domain.errors import LineamentError
from shared.settings.service import store_location
from tools.operate.export import summary
from tools.operate.settings import WITHOUT_SERVICE
from tools.operate.transfer.importing import Import, Imported


def main(
    arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ
) -> int:
    """Import; 0 if everything in the file is there now, otherwise 1 with one message."""
    parser = argparse.ArgumentParser(prog="python -m tools.operate import", description=__doc__)
    parser.add_argument("file", type=Path, help="a file written by the command export")
    file: Path = parser.parse_args(arguments).file
    try:
        store_location(environment)
        with closing(Container({**WITHOUT_SERVICE, **environment})) as container:
            work = Import(
                container.enrolment.archive,
                file,
                models=container.enrolment.embedding_models.names,
                recognition_models=container.settings.recognition_models,
            )
            done = work.run()
    except LineamentError as error:
        print(f"import: {error.message}", file=sys.stderr)
        return 1
    return _report(done)


def _report(done: Imported) -> int:
    """Print what was done; 1 if something was left out."""
    print(summary(done.contents))
    created, existing, deleted = done.outcome.created, done.outcome.existing, done.outcome.deleted
    print(
        f"created: {created['persons']} persons, {created['faces']} faces;"
        f" existed: {existing['persons']} persons, {existing['faces']} faces"
    )
    for key in done.untrained:
        print(f"train: {key.kind.segment}/{key.collection_id}")
    if any(deleted.values()):
        print(
            f"import: {deleted['persons']} persons and {deleted['faces']} faces are left out, since"
            " their deletion is not complete. Import again later.",
            file=sys.stderr,
        )
        return 1
    return 0
