"""Measures a recognition model on your own images, and prints the settings that follow.

    python -m tools.operate calibrate people/ --rate 0.001 --roc roc.svg
    python -m tools.operate calibrate pairs.csv

A folder has a folder of images for each person; a CSV file has the columns first, second (paths
from its folder) and same (1 or 0). Where FACE_MODEL_NAME is set, your own model is measured,
otherwise the built-in one. The images are read and not kept.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from shared.composition.container import Container
from shared.domain.errors import LineamentError
from shared.domain.limits import SAME_PERSON_CONFIDENCE
from shared.vision.analyzer import FaceAnalyzer
from tools.measure.accuracy.galleries import Faces
from tools.measure.accuracy.table import proportion
from tools.operate.arguments import rate
from tools.operate.calibration.identification_thresholds import FEWEST_PEOPLE, thresholds_of
from tools.operate.calibration.labelled_images import (
    Cosines,
    Embedded,
    UnusableImages,
    cosines_of_pairs,
    cosines_of_people,
    embed,
    people_of,
    read_pairs,
)
from tools.operate.calibration.operating_point import (
    Rates,
    knots_for,
    rates_at,
    roc,
    threshold_for,
    warnings_of,
)
from tools.operate.calibration.roc_chart import write_roc
from tools.operate.calibration.service_models import (
    has_confidence_curve,
    measured_analyzer,
    settings_to_calibrate,
)

_FEWEST_PEOPLE = 2
_TOO_FEW = "There must be pairs of one person and pairs of two persons."


def main(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> int:
    """Print the report.

    Returns:
        The exit code.
    """
    asked = _parser().parse_args(arguments)
    try:
        if asked.images.is_dir() and len(set(people_of(asked.images).values())) < _FEWEST_PEOPLE:
            raise UnusableImages(_TOO_FEW)
        analyzer = measured_analyzer(Container(settings_to_calibrate(environment)))
        cosines, faces, skipped = _measured(analyzer, asked.images)
        if not len(cosines.same) or not len(cosines.other):
            raise UnusableImages(_TOO_FEW)
        has_curve = has_confidence_curve(environment)
        for line in report(analyzer, cosines, asked.rate, faces, has_curve=has_curve):
            print(line)
        if skipped:
            print(f"Without a face, or not readable: {skipped} images.")
        if asked.roc is not None:
            write_roc(asked.roc, roc(cosines))
    except (LineamentError, UnusableImages, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def report(
    analyzer: FaceAnalyzer,
    cosines: Cosines,
    rate: float,
    faces: Faces | None,
    *,
    has_curve: bool = True,
) -> list[str]:
    """The lines that are printed.

    Args:
        rate: the wished false-accept rate.
        faces: the images by person; None where only pairs are known.
        has_curve: whether confidences mean something yet.
    """
    now = analyzer.confidence.cosine(SAME_PERSON_CONFIDENCE)
    wished = threshold_for(cosines, rate)
    knots = ",".join(f"{cosine:g}:{value:g}" for cosine, value in knots_for(cosines, rate))
    lines = [
        f"model {analyzer.embedding_model}: {len(cosines.same):,} pairs of one person,"
        f" {len(cosines.other):,} of two",
        f"rate {rate:g}: {_said(rates_at(cosines, wished))}",
        f"for your own model:      FACE_MODEL_CONFIDENCE={knots}",
    ]
    if has_curve:
        lines[1:1] = [f"confidence 0.5 now:      {_said(rates_at(cosines, now))}"]
        lines[3:3] = [
            "threshold to ask for:    confidence"
            f" {analyzer.confidence.confidence(wished):.2f} and more in verify and find similar, or"
        ]
    if faces is not None and len(np.unique(faces.people)) >= FEWEST_PEOPLE:
        found = ",".join(f"{size}:{score:g}" for size, score in thresholds_of(faces, wished))
        lines.append(f"                         FACE_MODEL_IDENTIFICATION={found}")
    else:
        lines.append(
            f"Thresholds of identify need a folder of {FEWEST_PEOPLE} people or more; without them"
            " your own model identifies by raw cosines."
        )
    return [*lines, *(f"warning: {one}" for one in warnings_of(cosines, rate))]


def _said(rates: Rates) -> str:
    return (
        f"cosine {rates.cosine:.3f}, false accepts {proportion(rates.false_accepts, rates.others)},"
        f" misses {proportion(rates.misses, rates.sames)}"
    )


def _measured(analyzer: FaceAnalyzer, images: Path) -> tuple[Cosines, Faces | None, int]:
    if not images.is_dir():
        pairs = read_pairs(images)
        paths = sorted({path for first, second, _ in pairs for path in (first, second)})
        embedded = _embedded(analyzer, paths)
        return cosines_of_pairs(embedded, pairs), None, len(embedded.skipped)
    owners = people_of(images)
    embedded = _embedded(analyzer, list(owners))
    names = [owners[path] for path in embedded.paths]
    numbers = {name: number for number, name in enumerate(sorted(set(names)))}
    people = np.array([numbers[name] for name in names], np.int64)
    return (
        cosines_of_people(embedded, people),
        Faces(embedded.vectors, people),
        len(embedded.skipped),
    )


def _embedded(analyzer: FaceAnalyzer, paths: Sequence[Path]) -> Embedded:
    def progress(number: int) -> None:
        if number % 500 == 0 and number:
            print(f"{number} of {len(paths)} images", file=sys.stderr)

    return embed(analyzer, paths, progress)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.operate calibrate", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument(
        "images",
        type=Path,
        help="a folder with one folder of images per person, or a CSV file of pairs",
    )
    parser.add_argument(
        "--rate", type=rate, default=1e-3, help="target false-accept rate (default: 0.001)"
    )
    parser.add_argument("--roc", type=Path, help="file for the ROC curve, .png or .svg")
    return parser
