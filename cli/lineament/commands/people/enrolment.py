"""enroll and re-enrol: images to persons of a group."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from lineament.commands.people.training import train_and_wait
from lineament.enrolment.enrolment import Enrolment, Gate, Tally
from lineament.enrolment.roster import Roster
from lineament.enrolment.sources import (
    UNREADABLE,
    Item,
    Refusal,
    items_of,
    items_of_csv,
    write_refusals,
)
from lineament.errors import INTERRUPTED, NothingFound, Refused, Unreachable
from lineament.files import NewFile
from lineament.moving.azure import for_target
from lineament.moving.copies import copy_persons
from lineament.service.collections import (
    GROUPS,
    Collection,
    find_collection,
    find_or_create,
    get_collection,
    parse_collection,
)
from lineament.service.gates import ANY_QUALITY, FACE_RULES, QUALITIES
from lineament.service.recognition import DETECTION_MODEL, RECOGNITION_MODEL, model_option
from lineament.session import Session, connected
from lineament.terminal import counted
from lineament.text import amount, complain

_SOURCE = click.Path(exists=True, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

parallel_option = click.option(
    "--parallel",
    type=click.IntRange(1, 32),
    default=4,
    show_default=True,
    help="Concurrent requests.",
)
refused_option = click.option(
    "--refused",
    type=NewFile(),
    default=Path("refused.csv"),
    show_default=True,
    help="CSV file of refused images and the reasons; deleted if there are none.",
)
train_option = click.option(
    "--train", is_flag=True, help="Train the group afterwards and wait for the end."
)


@click.command()
@click.argument("source", type=_SOURCE)
@click.option("--group", required=True, help="Id or kind/id; created if missing.")
@click.option(
    "--minimum-quality",
    type=click.Choice([ANY_QUALITY, *QUALITIES]),
    help="Lowest qualityForRecognition of a face.",
)
@click.option(
    "--faces",
    type=click.Choice(FACE_RULES),
    help="Require a single face, or take the largest.",
)
@click.option(
    "--model",
    default=RECOGNITION_MODEL,
    show_default=True,
    help="Recognition model of a new group.",
)
@parallel_option
@refused_option
@train_option
@connected
def enroll(
    session: Session,
    source: Path,
    group: str,
    minimum_quality: str | None,
    faces: str | None,
    model: str,
    parallel: int,
    refused: Path,
    train: bool,
) -> None:
    """Enrol the images of a SOURCE: a folder with one folder per person, or a CSV file.

    The CSV file has the columns person and image; paths are relative to the file. Persons are
    found by name and created if missing. Images that a person already has are skipped, so the same
    command continues after Ctrl-C.
    """
    items, refusals = items_of(source)
    if not items:
        for refusal in refusals:
            if refusal.code == UNREADABLE:
                raise Refused(refusal.reason)
        if source.is_dir():
            reason = f"{source} has no images in folders that are named after persons."
            raise NothingFound(reason)
        raise NothingFound(f"{source} names no images.")
    with model_option(model):
        collection = find_or_create(session.client, group, model)
    gate = Gate(DETECTION_MODEL, minimum_quality, faces)
    tally = enrol_items(session, collection, items, parallel, gate=gate)
    tally.refusals[:0] = refusals
    conclude(session, str(collection), tally, refused, trained=collection if train else None)


@click.command("re-enrol")
@click.argument("group")
@click.argument("images", type=_FILE)
@click.option("--to", "target_id", required=True, help="Id of the new group.")
@click.option("--model", required=True, help="Recognition model of the new group.")
@parallel_option
@refused_option
@train_option
@connected
def re_enrol(
    session: Session,
    group: str,
    images: Path,
    target_id: str,
    model: str,
    parallel: int,
    refused: Path,
    train: bool,
) -> None:
    """Enrol a GROUP's persons again, under another recognition model.

    Creates a new group with the same persons, names and userData, and adds the faces in IMAGES, a
    CSV file with the columns personId (of the old group) and image. The old group is not changed.
    A service without /lineament/v1/archive gives the persons new personIds.
    """
    items = items_of_csv(images, ("personId", "image"))
    source = find_collection(session.client, group)
    if get_collection(session.client, source).get("recognitionModel") == model:
        raise Refused(f"{source} has the model {model} already.")
    target = parse_collection(target_id) or Collection(source.kind, target_id)
    if target.kind not in GROUPS:
        raise click.UsageError("--to must name a group of persons.")
    with model_option(model):
        ids = copy_persons(session.client, source, target, model)
    tally = enrol_items(session, target, for_target(items, ids), parallel, by_id=True)
    conclude(session, str(target), tally, refused, trained=target if train else None)


def enrol_items(
    session: Session,
    collection: Collection,
    items: Sequence[Item],
    parallel: int,
    *,
    by_id: bool = False,
    gate: Gate | None = None,
) -> Tally:
    """Enrol items with a progress bar."""
    roster = Roster(session.client, collection, by_id=by_id)
    enrolment = Enrolment(session.client, collection, roster, gate or Gate())
    with counted("enrolling", len(items)) as progress:
        task = progress.task_ids[0]
        try:
            return enrolment.run(items, parallel, lambda: progress.advance(task))
        except Unreachable as error:
            raise error.during("enrolment") from error


def conclude(
    session: Session, group: str, tally: Tally, refused: Path, *, trained: Collection | None = None
) -> None:
    """Write the refusals, train, print the summary.

    Args:
        group: what was enrolled into, for the summary.
        trained: the group to train; None for none.

    Raises:
        Refused: an image was refused.
    """
    write_refusals(refused, tally.refusals)
    status = None
    if trained is not None and not tally.interrupted and tally.added + tally.present:
        status = train_and_wait(session, trained)
    summary = {
        "group": group,
        "added": tally.added,
        "present": tally.present,
        "refused": [_described(one) for one in tally.refusals],
        "interrupted": tally.interrupted,
        "training": status,
    }
    sentence = (
        f"{group}: {amount(tally.added, 'face')} added, {tally.present} present already,"
        f" {len(tally.refusals)} refused{', trained' if status else ''}"
    )
    session.output.line(summary, sentence)
    if tally.interrupted:
        complain("Interrupted. The same command continues.")
        raise click.exceptions.Exit(INTERRUPTED)
    if tally.refusals:
        number = len(tally.refusals)
        verb = "was" if number == 1 else "were"
        raise Refused(f"{amount(number, 'image')} {verb} refused; {refused} says why.")


def _described(one: Refusal) -> dict[str, str]:
    return {"image": one.image, "person": one.person, "code": one.code, "reason": one.reason}
