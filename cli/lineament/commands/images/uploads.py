"""upload and poison: what the service does in the background."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import click

from lineament.commands.people.enrolment import parallel_option
from lineament.enrolment.parallel import Interrupted, run_parallel
from lineament.errors import INTERRUPTED, NotFound, NothingFound, Refused, Unreachable
from lineament.files import NewFolder
from lineament.service.collections import GROUPS, find_collection
from lineament.service.gates import ANY_QUALITY, FACE_RULES, QUALITIES
from lineament.service.uploads import list_poison, replay_poison
from lineament.session import Session, connected
from lineament.terminal import counted
from lineament.text import amount, complain, printable
from lineament.uploads.folder_upload import (
    PENDING,
    PRESENT,
    REJECTED,
    SUCCEEDED,
    FolderUpload,
    Outcome,
)
from lineament.uploads.results import ResultFolder

_MOST_SHOWN = 10
"""Rejected uploads that are named on the terminal; all are in the results."""
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option(
    "--results",
    type=NewFolder(),
    required=True,
    help="Folder of the results: one JSON file per image.",
)
@click.option("--group", help="Identify the faces among this group's persons.")
@click.option("--names", is_flag=True, help="Write the persons' names into the results.")
@click.option("--threshold", type=click.FloatRange(0, 1), help="Minimum confidence of a candidate.")
@click.option("--prefix", default="", help="Prefix of the uploads' names, as in enroll/….")
@click.option(
    "--minimum-quality",
    type=click.Choice([ANY_QUALITY, *QUALITIES]),
    help="Below enroll/: the lowest qualityForRecognition.",
)
@click.option(
    "--faces",
    type=click.Choice(FACE_RULES),
    help="Below enroll/: require a single face, or take the largest.",
)
@click.option("--timeout", default=600.0, show_default=True, help="Seconds to wait for a result.")
@parallel_option
@connected
def upload(
    session: Session,
    folder: Path,
    results: Path,
    group: str | None,
    names: bool,
    threshold: float | None,
    prefix: str,
    minimum_quality: str | None,
    faces: str | None,
    timeout: float,
    parallel: int,
) -> None:
    """Upload the images of a FOLDER and write a result for each.

    Images that already have a result for the same bytes, name and options are skipped, so the same
    command continues after Ctrl-C. Images that were rejected or not identified are uploaded again.
    """
    query: dict[str, object] = {
        "confidenceThreshold": threshold,
        "names": names or None,
        "minimumQuality": minimum_quality,
        "faces": faces,
    }
    if group is not None:
        collection = find_collection(session.client, group, GROUPS)
        query[collection.id_name] = collection.id
    stop = Event()
    written = ResultFolder(results, folder)
    work = FolderUpload(session.client, folder, written, prefix, query, timeout, stop)
    listing = work.listing()
    unreadable = list(listing.unreadable.values())
    outcomes: list[Outcome] = []
    interrupted = False
    with counted("uploading", len(listing.files)) as progress:
        task = progress.task_ids[0]

        def done(outcome: Outcome) -> None:
            outcomes.append(outcome)
            progress.advance(task)

        try:
            run_parallel(listing.files, work.upload, parallel, done, stop)
        except Interrupted:
            interrupted = True
        except Unreachable as error:
            raise error.during("upload") from error
    _conclude(session, outcomes, unreadable, results, interrupted=interrupted)


def _conclude(
    session: Session,
    outcomes: Sequence[Outcome],
    unreadable: Sequence[str],
    results: Path,
    *,
    interrupted: bool,
) -> None:
    counts = Counter(one.status for one in outcomes)
    summary = {status: counts[status] for status in (SUCCEEDED, REJECTED, PENDING, PRESENT)}
    sentence = ", ".join(f"{counts[status]} {status}" for status in (SUCCEEDED, REJECTED, PENDING))
    session.output.line(
        {**summary, "results": str(results), "interrupted": interrupted},
        f"{sentence}, {counts[PRESENT]} present already; results in {results}",
    )
    if interrupted:
        complain("Interrupted. The same command continues.")
        raise click.exceptions.Exit(INTERRUPTED)
    for line in unreadable[:_MOST_SHOWN]:
        complain(line)
    if not outcomes and not unreadable:
        raise NothingFound("The folder has no images.")
    rejected = sorted(one.rejected for one in outcomes if one.rejected)
    for line in rejected[:_MOST_SHOWN]:
        complain(line)
    if counts[REJECTED]:
        number = amount(counts[REJECTED], "upload")
        raise Refused(f"{number} rejected; the files in {results} say why.")
    if counts[PENDING]:
        number = amount(counts[PENDING], "upload")
        raise Refused(f"{number} still pending. The same command continues.")
    if unreadable:
        raise Refused(f"{amount(len(unreadable), 'folder')} could not be read.")
    unidentified = [one.unidentified for one in outcomes if one.unidentified]
    if unidentified:
        number = amount(len(unidentified), "upload")
        raise Refused(f"The faces of {number} were not identified: {unidentified[0]}")


@click.group()
def poison() -> None:
    """Messages that failed five times."""


@poison.command("list")
@connected
def list_messages(session: Session) -> None:
    """List the messages, at most 32 of each queue."""
    found = list_poison(session.client)
    rows = [[one["id"], one["queue"], one["inserted"], one["expires"]] for one in found["messages"]]
    session.output.table(found, ["id", "queue", "inserted", "expires"], rows)


@poison.command("show")
@click.argument("message")
@connected
def show_message(session: Session, message: str) -> None:
    """Show the content of a MESSAGE, by its id."""
    for one in list_poison(session.client)["messages"]:
        if one["id"] == message:
            content = json.dumps(one["content"], ensure_ascii=False)
            session.output.line(one, printable(content))
            return
    raise NotFound(f"There is no message {message}. `lineament poison list` lists them.")


@poison.command("replay")
@click.argument("message")
@connected
def replay(session: Session, message: str) -> None:
    """Put a MESSAGE back on its queue, by its id, after the fault is fixed."""
    found = replay_poison(session.client, message)
    session.output.line(found, f"{message} is on the queue {found['queue']} again.")
