"""detect and identify: Azure's operations on images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from lineament.commands.images.each import analyse_each, analysed, check_refused
from lineament.errors import NothingFound
from lineament.service import recognition
from lineament.service.collections import GROUPS, find_collection
from lineament.service.images import Image
from lineament.session import Session, connected, group_option

_Command = Callable[..., None]


def candidates_option(default: int) -> Callable[[_Command], _Command]:
    """The option ``--candidates``."""
    return click.option(
        "--candidates",
        type=click.IntRange(1, 100),
        default=default,
        show_default=True,
        help="Maximum number of candidates per face.",
    )


@click.command()
@click.argument("images", nargs=-1, required=True)
@click.option("--attributes", help="Attributes to return, as in headPose,blur.")
@click.option("--landmarks", is_flag=True, help="Return 27 landmarks.")
@click.option("--face-ids", is_flag=True, help="Store the faces for a day and return faceIds.")
@click.option(
    "--detection-model",
    default=recognition.DETECTION_MODEL,
    show_default=True,
    help="Detection model.",
)
@connected
def detect(
    session: Session,
    images: tuple[str, ...],
    attributes: str | None,
    landmarks: bool,
    face_ids: bool,
    detection_model: str,
) -> None:
    """Detect the faces in IMAGES: files, URLs, or - for standard input."""

    def analyse(image: Image) -> dict[str, Any]:
        faces = recognition.detect(
            session.client,
            image,
            attributes=attributes,
            landmarks=landmarks,
            face_ids=face_ids,
            detection_model=detection_model,
        )
        return {"faces": faces}

    results = analyse_each(images, analyse)
    columns = ["image", "left", "top", "width", "height", "attributes"]
    rows = [
        [one["image"], *rectangle(face), _described(face.get("faceAttributes", {}))]
        for one in analysed(results)
        for face in one["faces"]
    ]
    if face_ids:
        columns.append("faceId")
        ids = [face["faceId"] for one in analysed(results) for face in one["faces"]]
        rows = [[*row, face_id] for row, face_id in zip(rows, ids, strict=True)]
    session.output.table(results, columns, rows)
    check_refused(results)
    if not rows:
        raise NothingFound("No face was detected. `lineament explain` shows what was rejected.")


@click.command()
@click.argument("images", nargs=-1, required=True)
@group_option
@click.option("--threshold", type=click.FloatRange(0, 1), help="Minimum confidence of a candidate.")
@candidates_option(1)
@connected
def identify(
    session: Session,
    images: tuple[str, ...],
    group: str,
    threshold: float | None,
    candidates: int,
) -> None:
    """Identify the persons in IMAGES among those of a trained group."""
    collection = find_collection(session.client, group, (*GROUPS, "dynamicpersongroups"))
    identification = recognition.Identification(
        session.client, collection, threshold=threshold, most=candidates
    )
    results = analyse_each(images, lambda image: {"faces": identification.faces(image)})
    show_candidates(session, results)


def show_candidates(session: Session, results: list[dict[str, Any]]) -> None:
    """Print faces with their candidates.

    Raises:
        Refused: an image was refused.
        NothingFound: no face has a candidate.
    """
    rows: list[list[object]] = []
    known = 0
    for one in analysed(results):
        for face in one["faces"]:
            place = ",".join(str(number) for number in rectangle(face))
            known += bool(face["candidates"])
            for found in face["candidates"] or [{"name": "unknown"}]:
                confidence = found.get("confidence")
                shown = "" if confidence is None else f"{confidence:.3f}"
                identity = found.get("personId") or found.get("persistedFaceId")
                rows.append([one["image"], place, found.get("name"), shown, identity])
    columns = ["image", "left,top,width,height", "name", "confidence", "id"]
    session.output.table(results, columns, rows)
    check_refused(results)
    if not known:
        raise NothingFound("No known person was found." if rows else "No face was detected.")


def rectangle(face: dict[str, Any]) -> list[int]:
    """Left, top, width and height of a face, in pixels."""
    return [int(face["faceRectangle"][side]) for side in ("left", "top", "width", "height")]


def _described(attributes: dict[str, Any]) -> str:
    parts = []
    for name, value in attributes.items():
        if isinstance(value, dict):
            value = " ".join(f"{part}={one}" for part, one in value.items())
        parts.append(f"{name}: {value}")
    return "; ".join(parts)
