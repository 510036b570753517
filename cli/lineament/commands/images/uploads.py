"""upload and poison: what the service works off in the background."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event
from typing import Any

import click

from lineament.commands.people.enrolment import parallel_option
from lineament.enrolment.parallel import Interrupted, run_parallel
from lineament.errors import INTERRUPTED, NotFound, NothingFound, Refused
from lineament.files import NewFolder
from lineament.service.collections import GROUPS, find_collection
from lineament.service.images import SUFFIXES, read_file
from lineament.service.uploads import list_poison, put_upload, replay_poison, wait_for_upload
from lineament.session import Session, connected
from lineament.terminal import counted, printable

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--results", type=NewFolder(), required=True, help="Folder for a JSON file an image.")
@click.option("--group", help="Identify the faces among this group's persons.")
@click.option("--names", is_flag=True, help="Write names into the results.")
@click.option("--threshold", type=click.FloatRange(0, 1), help="Smallest confidence.")
@click.option("--prefix", default="", help="Begins the uploads' names, as in enroll/….")
@click.option("--minimum-quality", type=click.Choice(["any", "low", "medium", "high"]))
@click.option("--faces", type=click.Choice(["only", "largest"]), help="Below enroll/: which face.")
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
    """Upload the images of a FOLDER and write what was found on each.

    An image whose result file exists is left out, so the same command continues after Ctrl-C.
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
    files = _images(folder)
    waiting = [f for f in files if not _result_file(results, folder, f).exists()]
    statuses: dict[str, str] = {}
    stop = Event()

    def work(file: Path) -> tuple[str, str]:
        name = prefix + file.relative_to(folder).as_posix()
        try:
            put_upload(session.client, name, read_file(file), query)
            found = wait_for_upload(session.client, name, seconds=timeout, stop=stop)
        except NotFound:
            raise
        except Refused as error:
            reason = {"code": error.code, "message": error.message}
            found = {"name": name, "status": "rejected", "result": {"reason": reason}}
            if error.code == "Pending":
                return name, "pending"
        _write(_result_file(results, folder, file), found)
        return name, str(found["status"])

    interrupted = False
    with counted("uploading", len(waiting)) as progress:
        task = progress.task_ids[0]

        def done(result: tuple[str, str]) -> None:
            statuses[result[0]] = result[1]
            progress.advance(task)

        try:
            run_parallel(waiting, work, parallel, done, stop)
        except Interrupted:
            interrupted = True
    _conclude(session, statuses, len(files) - len(waiting), results, interrupted=interrupted)


def _images(folder: Path) -> list[Path]:
    """The images below a folder, without hidden files and folders."""
    return [
        file
        for file in sorted(folder.rglob("*"))
        if file.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        and file.is_file()
    ]


def _conclude(
    session: Session,
    statuses: dict[str, str],
    present: int,
    results: Path,
    *,
    interrupted: bool,
) -> None:
    counts = {
        status: list(statuses.values()).count(status)
        for status in ("succeeded", "rejected", "pending")
    }
    summary = {**counts, "present": present, "results": str(results), "interrupted": interrupted}
    sentence = ", ".join(f"{number} {status}" for status, number in counts.items())
    session.output.line(summary, f"{sentence}, {present} present already; results in {results}")
    if interrupted:
        click.echo("lineament: Interrupted. The same command continues.", err=True)
        raise click.exceptions.Exit(INTERRUPTED)
    if not statuses and not present:
        raise NothingFound("The folder has no images.")
    if counts["rejected"] or counts["pending"]:
        raise Refused(f"Some uploads were rejected or are pending; see the files in {results}.")


def _result_file(results: Path, folder: Path, file: Path) -> Path:
    name = file.relative_to(folder)
    return results / name.with_name(name.name + ".json")


def _write(file: Path, found: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.part")
    temporary.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")
    temporary.replace(file)


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
    """Put a MESSAGE back on its queue, by its id, after the fault is mended."""
    found = replay_poison(session.client, message)
    session.output.line(found, f"{message} is on the queue {found['queue']} again.")
