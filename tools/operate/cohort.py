"""Makes a cohort, by which verify lowers cosines of faces that resemble many others.

    python -m tools.operate cohort people/ cohort.json
    python -m tools.operate cohort largepersongroups/staff persongroups/pupils cohort.json

The people are a folder with one folder of images per person, whose embeddings the file contains,
or enrolled groups, of which it contains ids. They must be like the people whom the service meets,
of all ages: at least 200, better some 300. Images are embedded by your own model if
FACE_MODEL_NAME is set, otherwise by the built-in one. Set FACE_COHORT to the file afterwards.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from shared.composition.container import Container
from shared.domain.collections import CollectionKey
from shared.domain.errors import BadArgument, LineamentError
from shared.services.cohorts.cohort_file import CohortFile, CohortRates, encode_cohort
from shared.services.cohorts.fitting import FALSE_ACCEPT_RATE, PeopleFaces
from tools.measure.accuracy.table import proportion
from tools.operate.arguments import GROUP_KINDS, parse_group, rate
from tools.operate.calibration.labelled_images import embed, people_of
from tools.operate.calibration.service_models import measured_analyzer
from tools.operate.settings import WITHOUT_SERVICE

_PRIVATE = 0o600


def main(
    arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ
) -> int:
    """Make a cohort; 0 if the file is written, otherwise 1 with the reason."""
    given = _parser().parse_args(arguments)
    file: Path = given.file
    try:
        if file.exists():
            raise BadArgument(f"{file} exists already. Name another file.")
        # No key is used; the store and the storage account only where the command reads them.
        with closing(Container({**WITHOUT_SERVICE, **environment})) as container:
            cohort = _made(container, given.people, given.rate)
        _write(file, encode_cohort(cohort))
    except LineamentError as error:
        print(f"cohort: {error.message}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"cohort: {error.filename or file}: {error.strerror}", file=sys.stderr)
        return 1
    print("\n".join(report(cohort, file)))
    return 0


def report(cohort: CohortFile, file: Path) -> list[str]:
    """The lines that are printed."""
    people = len(cohort.enrolled) or len(cohort.vectors)
    return [
        f"{file}: {people} people, model {cohort.stamp.model} in {cohort.stamp.precision}",
        *rate_lines(cohort.rates),
        "The file holds ids of enrolled faces and no embeddings."
        if cohort.enrolled
        else "The file holds biometric data of these people: protect it, and delete it with them.",
        f"Set FACE_COHORT={file} or to the blob that you copy it to.",
    ]


def rate_lines(rates: CohortRates) -> list[str]:
    """What confidence 0.5 of verify does without and with a cohort."""
    return [
        "Confidence 0.5, each half of the people judged by a cohort of the other half:",
        f"  false accepts {proportion(rates.false_accepts_raw, rates.others)} without,"
        f" {proportion(rates.false_accepts, rates.others)} with it",
        f"  misses        {proportion(rates.misses_raw, rates.sames)} without,"
        f" {proportion(rates.misses, rates.sames)} with it",
    ]


def _made(container: Container, people: Sequence[str], rate: float) -> CohortFile:
    folder = Path(people[0])
    if len(people) == 1 and folder.is_dir():
        return _of_folder(container, folder, rate)
    keys = [_key(one) for one in people]
    container.settings.store.location.check_exists()
    return container.vision.cohort_making.of_groups(keys, rate)


def _of_folder(container: Container, folder: Path, rate: float) -> CohortFile:
    owners = people_of(folder)
    analyzer = measured_analyzer(container)

    def progress(number: int) -> None:
        if number % 500 == 0 and number:
            print(f"{number} of {len(owners)} images", file=sys.stderr)

    embedded = embed(analyzer, list(owners), progress)
    if embedded.skipped:
        print(f"Without a face, or not readable: {len(embedded.skipped)} images.", file=sys.stderr)
    names = sorted(set(owners.values()))
    numbers = {name: number for number, name in enumerate(names)}
    people = np.array([numbers[owners[path]] for path in embedded.paths], np.int64)
    faces = PeopleFaces(embedded.vectors, people, names)
    return container.vision.cohort_making.of_images(faces, analyzer.embedding_model, rate)


def _key(text: str) -> CollectionKey:
    key = parse_group(text)
    if key is None:
        raise BadArgument(
            f"{text!r} is no folder, and not one of {', '.join(GROUP_KINDS)}, a slash, and an id."
        )
    return key


def _write(file: Path, content: bytes) -> None:
    """Write a new file that only its owner may read."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb") as opened:
        opened.write(content)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.operate cohort",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "people", nargs="+", help="a folder of people, or groups, as in persongroups/staff"
    )
    parser.add_argument("file", type=Path, help="the file to write; must not exist")
    parser.add_argument(
        "--rate",
        type=rate,
        default=FALSE_ACCEPT_RATE,
        help="false-accept rate at confidence 0.5 (default: 0.0005)",
    )
    return parser
