"""export and import: collections as files, page by page."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import Any

import click

from lineament.errors import INTERRUPTED, LineRefused, Refused
from lineament.files import NewFile, open_private
from lineament.moving.archive import encoded, export_pages, import_lines
from lineament.service.collections import DIRECTORY, KINDS, TRAINED, find_scope
from lineament.session import Session, connected
from lineament.terminal import counted, endless
from lineament.text import amount, complain


@click.command("export")
@click.argument("group")
@click.argument("file", type=NewFile())
@click.option("--embeddings", is_flag=True, help="Include biometric templates; protect the file.")
@connected
def export(session: Session, group: str, file: Path, embeddings: bool) -> None:
    """Export a GROUP or list to a FILE of JSON lines.

    GROUP may also be persondirectory. Ctrl-C leaves FILE.part, from which the same command
    continues. The file holds names and userData, and biometric templates only with --embeddings.
    """
    if file.exists():
        raise Refused(f"{file} exists already. Name another file.")
    collection = find_scope(session.client, group, KINDS)
    part, state = file.with_name(file.name + ".part"), file.with_name(file.name + ".state")
    start = _resume(part, state, collection, embeddings=embeddings)
    lines = 0
    try:
        with open(part, "ab", opener=open_private) as opened, endless("exporting") as progress:
            task = progress.task_ids[0]
            for page, following in export_pages(
                session.client, collection, embeddings=embeddings, start=start
            ):
                opened.write(page)
                opened.flush()
                lines += page.count(b"\n")
                progress.update(task, completed=lines)
                _remember(state, collection, following, opened.tell(), embeddings=embeddings)
    except KeyboardInterrupt:
        complain(f"Interrupted. The same command continues {part}.")
        raise click.exceptions.Exit(INTERRUPTED) from None
    part.replace(file)
    state.unlink()
    result = {"collection": collection, "file": str(file), "lines": lines}
    session.output.line(result, f"{collection} is in {file}: {amount(lines, 'line')}.")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--group", help="Import into this id, or kind/id, instead of the exported one.")
@connected
def import_(session: Session, file: Path, group: str | None) -> None:
    """Import a FILE that `lineament export` wrote. Existing persons and faces are not changed.

    Persons and faces keep their ids, so that the same command continues what was interrupted. What
    was deleted a moment ago is left out until its deletion is complete.
    """
    with file.open("rb") as opened, counted("importing", file.stat().st_size) as progress:
        task = progress.task_ids[0]
        head = _head(opened.readline(), file)
        target = _target(group, str(head["collection"]))
        head["collection"] = target
        lines = chain([encoded(head)], opened)
        try:
            counts = import_lines(
                session.client, target, lines, lambda size: progress.advance(task, size)
            )
        except LineRefused as error:
            raise Refused(f"Line {error.line} of {file}: {error.reason}") from None
    session.output.line({"collection": target, **counts}, _summary(target, counts))
    left_out = counts["deleted"]
    if any(left_out.values()):
        raise Refused(
            f"{amount(left_out['persons'], 'person')} and {amount(left_out['faces'], 'face')}"
            " were left out: their"
            " deletion is not complete. `lineament deletions show` says when it is; then the same"
            " command imports them."
        )


def _summary(target: str, counts: dict[str, Any]) -> str:
    """What was imported, and what to do next."""
    created, existing = counts["created"], counts["existing"]
    parts = [
        f"{amount(created[what], what.removesuffix('s'))} created, {existing[what]} existed"
        for what in ("persons", "faces", "members")
        if created[what] or existing[what]
    ]
    if skipped := counts["skipped"]["faces"]:
        parts.append(f"{amount(skipped, 'face')} left out without an embedding")
    sentence = f"{target}: {'; '.join(parts) or 'nothing to import'}."
    kind = target.partition("/")[0]
    if kind in TRAINED and created["faces"]:
        sentence += f" Train it with `lineament train {target}`."
    return sentence


def _target(given: str | None, exported: str) -> str:
    """Where to import; an id alone has the kind of what was exported."""
    if not given or given == DIRECTORY or "/" in given or exported == DIRECTORY:
        return given or exported
    return f"{exported.partition('/')[0]}/{given}"


def _head(line: bytes, file: Path) -> dict[str, Any]:
    try:
        head = json.loads(line)
        named = head["collection"] == DIRECTORY or "/" in head["collection"]
        if head["type"] == "collection" and named:
            return dict(head)
    except (ValueError, KeyError, TypeError):
        pass
    raise Refused(f"{file} does not begin with a line of a collection; `lineament export` does.")


def _resume(part: Path, state: Path, collection: str, *, embeddings: bool) -> str | None:
    """Where an interrupted export continues; its file is cut to what was remembered."""
    if not part.exists() or not state.exists():
        part.unlink(missing_ok=True)
        return None
    known = json.loads(state.read_text("utf-8"))
    if (known["collection"], known["embeddings"]) != (collection, embeddings):
        raise Refused(f"{part} is of another export. Delete it, or name another file.")
    if known["start"] is None:  # it was complete but for its name
        part.unlink()
        return None
    with part.open("rb+") as opened:
        opened.truncate(known["bytes"])
    return str(known["start"])


def _remember(
    state: Path, collection: str, start: str | None, size: int, *, embeddings: bool
) -> None:
    content = {
        "collection": collection,
        "embeddings": embeddings,
        "start": start,
        "bytes": size,
    }
    temporary = state.with_name(f".{state.name}.part")
    temporary.write_text(json.dumps(content), "utf-8")
    temporary.replace(state)
