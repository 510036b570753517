"""calibrate: measures the service on your own labelled images."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from lineament.calibration import (
    Rates,
    Share,
    compare_pairs,
    detect_largest,
    rates_at,
    read_pairs,
    requests_of,
    threshold_for,
)
from lineament.commands.people.enrolment import parallel_option
from lineament.errors import NothingFound
from lineament.service.recognition import RECOGNITION_MODEL, model_option
from lineament.session import Session, connected
from lineament.terminal import counted
from lineament.text import amount, complain

_SOURCE = click.Path(exists=True, path_type=Path)
_DEFAULT_THRESHOLD = 0.5


@click.command()
@click.argument("source", type=_SOURCE)
@click.option(
    "--rate",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.001,
    show_default=True,
    help="False-accept rate: the share of pairs of two persons that may pass.",
)
@click.option(
    "--model", default=RECOGNITION_MODEL, show_default=True, help="Recognition model to measure."
)
@parallel_option
@connected
def calibrate(session: Session, source: Path, rate: float, model: str, parallel: int) -> None:
    """Measure on labelled images which threshold keeps a false-accept rate.

    SOURCE is a folder with one folder per person, all pairs of which are compared, or a CSV file
    with the columns first, second and same (1 or 0). The service stores the faces for an hour, and
    no images.
    """
    pairs = read_pairs(source)
    images = sorted({name for pair in pairs for name in (pair.first, pair.second)})
    with counted("detecting", len(images)) as progress:
        task = progress.task_ids[0]
        with model_option(model):
            faces = detect_largest(
                session.client, images, model, parallel, lambda: progress.advance(task)
            )
    requests = requests_of(pairs, faces)
    with counted("comparing", len(requests)) as progress:
        task = progress.task_ids[0]
        scores = compare_pairs(
            session.client, requests, faces, parallel, lambda: progress.advance(task)
        )
    if not scores.same or not scores.other:
        raise NothingFound("There must be pairs of one person and pairs of two persons.")
    wished = rates_at(scores, threshold_for(scores, rate))
    found = [rates_at(scores, _DEFAULT_THRESHOLD), wished]
    value = {
        "pairsOfOnePerson": len(scores.same),
        "pairsOfTwoPersons": len(scores.other),
        "imagesWithoutFace": len(images) - len(faces),
        "rates": [asdict(one) for one in found],
    }
    columns = ["confidence", "false accepts (95 %)", "misses (95 %)"]
    session.output.table(value, columns, [_row(one) for one in found])
    if len(faces) < len(images):
        left_out = f"{len(images) - len(faces)} of {amount(len(images), 'image')}"
        complain(f"Left out, without a face or not readable: {left_out}.")
    if len(scores.other) * rate < 3:
        complain(
            f"{len(scores.other)} pairs of two persons are too few for a rate of {rate:g}:"
            f" {3 / rate:.0f} or more say something about it."
        )


def _row(rates: Rates) -> list[object]:
    shares = [_shown(rates.false_accepts), _shown(rates.misses)]
    return [f"{rates.threshold:.3f}", *shares]


def _shown(share: Share) -> str:
    return f"{share.share:.3%} ({share.low:.3%} to {share.high:.3%})"
