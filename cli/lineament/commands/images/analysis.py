"""recognize, compare and explain: Lineament's own operations on images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from lineament.commands.images.each import analyse_each
from lineament.commands.images.recognition import candidates_option, rectangle, show_candidates
from lineament.errors import NothingFound, Refused
from lineament.service import analysis
from lineament.service.collections import KINDS, find_collection, find_scope
from lineament.service.images import Image, read_image
from lineament.service.persons import find_person
from lineament.session import Session, connected

_threshold = click.option("--threshold", type=click.FloatRange(0, 1), help="Minimum confidence.")
_groups = click.option(
    "--group",
    "groups",
    multiple=True,
    help="Id of a group or list, or kind/id, or persondirectory; may be repeated.",
)


@click.command()
@click.argument("images", nargs=-1, required=True)
@_groups
@click.option(
    "--faces",
    type=click.Choice(["all", "largest"]),
    default="all",
    show_default=True,
    help="Recognize all faces of an image, or the largest.",
)
@_threshold
@candidates_option(1)
@click.option("--attributes", help="Attributes to return, as in headPose,blur.")
@connected
def recognize(
    session: Session,
    images: tuple[str, ...],
    groups: tuple[str, ...],
    faces: str,
    threshold: float | None,
    candidates: int,
    attributes: str | None,
) -> None:
    """Recognize the persons in IMAGES, with one request per image; nothing is stored."""
    if not groups:
        raise click.UsageError("Give one or more --group.")
    collections = _collections(session, groups)

    def analyse(image: Image) -> dict[str, Any]:
        return analysis.recognize(
            session.client,
            image,
            collections,
            faces=faces,
            threshold=threshold,
            most=candidates,
            attributes=attributes,
        )

    show_candidates(session, analyse_each(images, analyse))


@click.command()
@click.argument("probe")
@click.argument("against", nargs=-1)
@click.option("--person", help="Compare with this person, a name or personId, of --group.")
@click.option("--group", help="The person's group.")
@_threshold
@connected
def compare(
    session: Session,
    probe: str,
    against: tuple[str, ...],
    person: str | None,
    group: str | None,
    threshold: float | None,
) -> None:
    """Compare the faces of PROBE with those of up to 30 others, or of a person.

    PROBE and AGAINST are files, URLs, - or faceIds.
    """
    if (person is None) != (group is None) or (person is None) == (not against):
        raise click.UsageError("Give images to compare with, or --person and --group.")
    if person is not None and group is not None:
        collection = find_collection(session.client, group)
        person_id = find_person(session.client, collection, person)["personId"]
        result = analysis.compare_with_person(
            session.client, probe, str(collection), person_id, threshold
        )
    else:
        result = _compared(session, probe, against, threshold)
    columns = ["with", "same person", "confidence", "cosine", "false accepts"]
    rows = [_pair(pair, against) for pair in result["pairs"]]
    session.output.table(result, columns, rows)
    if not result["isIdentical"]:
        raise NothingFound(
            "No pair shows the same person." if rows else "There was no pair of faces to compare."
        )


@click.command()
@click.argument("image")
@click.argument("other", required=False)
@_groups
@_threshold
@candidates_option(5)
@connected
def explain(
    session: Session,
    image: str,
    other: str | None,
    groups: tuple[str, ...],
    threshold: float | None,
    candidates: int,
) -> None:
    """Explain which faces in IMAGE are found or rejected, and how similar they are to OTHER."""
    result = analysis.explain(
        session.client,
        read_image(image),
        other=other,
        collections=_collections(session, groups),
        threshold=threshold,
        most=candidates,
    )
    session.output.table(result, ["face", "size", "verdict", "why"], list(_reasons(result)))
    if not result["faces"]:
        raise NothingFound("No face was found.")


def _compared(
    session: Session, probe: str, against: Sequence[str], threshold: float | None
) -> dict[str, Any]:
    """The pairs of a probe and others.

    Raises:
        Refused: an image is refused; the message has its name in place of its position.
    """
    try:
        return analysis.compare(session.client, probe, against, threshold)
    except Refused as error:
        place, colon, reason = error.message.partition(": ")
        images = {"probe": probe} | {f"against[{n}]": one for n, one in enumerate(against)}
        if not colon or place not in images:
            raise
        message = f"{images[place]}: {reason}"
        raise type(error)(message, code=error.code, status=error.status) from error


def _collections(session: Session, groups: Sequence[str]) -> list[str]:
    return [find_scope(session.client, name, KINDS) for name in groups]


def _pair(pair: dict[str, Any], against: Sequence[str]) -> list[object]:
    other = pair["against"]
    name = other.get("faceId") or other.get("persistedFaceId")
    if "index" in other and other["index"] < len(against):
        name = against[other["index"]]
    rate = pair.get("falseAcceptRate")
    return [
        name,
        "yes" if pair["isIdentical"] else "no",
        f"{pair['confidence']:.3f}",
        f"{pair['cosine']:.3f}",
        "" if rate is None else f"1 in {1 / rate:,.0f}",
    ]


def _reasons(result: dict[str, Any]) -> list[list[object]]:
    rows: list[list[object]] = []
    for face in result["faces"]:
        place = _place(face)
        quality = f"quality {face['faceAttributes'].get('qualityForRecognition', 'unknown')}"
        detected = f"detector score {face['detectorScore']:.2f}, {quality}"
        rows.append([place, face["size"], "found", detected])
        for candidate in face.get("candidates", []):
            verdict = "accepted" if candidate["accepted"] else "rejected"
            name = candidate.get("name") or candidate.get("personId")
            rows.append([place, "", f"{verdict}: {name}", candidate["sentence"]])
    for face in result["rejected"]:
        rows.append([_place(face), face["size"], "rejected", face["sentence"]])
    for pair in result.get("pairs", []):
        verdict = "same person" if pair["isIdentical"] else "not the same"
        rows.append(["pair", "", verdict, pair.get("sentence")])
    return rows


def _place(face: dict[str, Any]) -> str:
    return ",".join(str(number) for number in rectangle(face))
