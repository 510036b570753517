"""Builds the models that the service runs: `python -m tools.build.models`.

Downloads the published weights, verifies them, rewrites the graphs, verifies the results and writes
`models/*.onnx`. Files that fail verification are not written; built models are kept.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from shared.domain.errors import InvalidModel
from shared.domain.models import Precision
from shared.vision.runtime.manifest import (
    MODELS_DIRECTORY,
    Manifest,
    ModelEntry,
    load_manifest,
    read_verified,
)
from shared.vision.runtime.precision import chosen_build
from tools.build.sources import SourceUnavailable, published, sha256, write_whole

SOURCES_DIRECTORY = MODELS_DIRECTORY.parent / ".build" / "model-sources"


def main(arguments: list[str] | None = None) -> int:
    """Build the missing models; 0 if every model verifies, otherwise 1 with one message."""
    options = _parser().parse_args(arguments)
    try:
        for entry in wanted(load_manifest(), served_only=options.served):
            if options.check:
                read_verified(entry, options.models)
            elif options.print_hashes:
                print(entry.file, sha256(_built(entry, options.sources)))
            else:
                ensure(entry, options.models, options.sources)
    except (InvalidModel, SourceUnavailable) as error:
        print(f"models: {error}", file=sys.stderr)
        return 1
    return 0


def wanted(manifest: Manifest, *, served_only: bool) -> list[ModelEntry]:
    """The builds of every model, or only those that this machine serves with."""
    if not served_only:
        return list(manifest.built)
    precision = Precision(os.environ.get("FACE_PRECISION") or Precision.AUTO)
    return [chosen_build(entry, precision) for entry in manifest.models]


def ensure(entry: ModelEntry, models: Path, sources: Path) -> None:
    """Build one model, unless the built file verifies.

    Raises:
        SourceUnavailable: the published file cannot be downloaded.
        InvalidModel: the built bytes differ from the manifest; nothing is written.
    """
    try:
        read_verified(entry, models)
    except InvalidModel:
        pass
    else:
        print(f"models: {entry.file} is built and verified", file=sys.stderr)
        return
    built = _built(entry, sources)
    found = sha256(built)
    if found != entry.sha256:
        raise InvalidModel(
            f"The build of {entry.file} gave SHA-256 {found}, the manifest has {entry.sha256}."
            " Build with the pinned packages of requirements-build.txt; where the build itself has"
            " changed, take the new hashes from `python -m tools.build.models --print-hashes`."
        )
    write_whole(models / entry.file, built)
    print(f"models: wrote {models / entry.file} ({len(built):,} bytes)", file=sys.stderr)


def _built(entry: ModelEntry, sources: Path) -> bytes:
    # onnx is a build-time package: only a build that has work to do may import it.
    from tools.build import graph

    weights = published(entry, sources)
    return graph.build(weights, entry.input_name, entry.input_shape, entry.ranges, entry.bands)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.build.models", description=__doc__)
    parser.add_argument(
        "--models", type=Path, default=MODELS_DIRECTORY, help="folder of the built models"
    )
    parser.add_argument(
        "--sources", type=Path, default=SOURCES_DIRECTORY, help="folder of the published files"
    )
    parser.add_argument(
        "--check", action="store_true", help="verify the built models, and build nothing"
    )
    parser.add_argument(
        "--served",
        action="store_true",
        help="only the builds that FACE_PRECISION and this processor choose",
    )
    parser.add_argument(
        "--print-hashes",
        action="store_true",
        help="print each build's SHA-256 for the manifest, and write nothing",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
