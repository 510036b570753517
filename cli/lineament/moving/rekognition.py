"""Moving in from Rekognition: the output of `aws rekognition list-faces`, and the images.

Rekognition has no names. A person is the UserId where a face has one, else the ExternalImageId or
the part of it that a pattern finds. Images are found by ExternalImageId.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from lineament.enrolment.sources import Item, Refusal, file_item
from lineament.errors import Refused
from lineament.service.images import SUFFIXES, images_below, read_file

_LARGEST_LIST = 1024**3
"""Bytes of a list of faces; a million faces take a third of it."""


def plan_faces(file: Path, images: Path, pattern: str | None) -> tuple[list[Item], list[Refusal]]:
    """The images of the faces in a file, and the faces that have no image or no person.

    Args:
        file: JSON with ``Faces``, each with FaceId and perhaps ExternalImageId and UserId.
        images: a folder with files, or folders of files, that are named by ExternalImageId.
        pattern: a regular expression whose first group is the person in an ExternalImageId.

    Raises:
        Refused: the file or the pattern is not usable.
    """
    expression = _expression(pattern)
    items: dict[Path, Item] = {}
    refusals = []
    for face in _faces(file):
        external = str(face.get("ExternalImageId") or "")
        person = str(face.get("UserId") or "") or _person(external, expression)
        face_id = str(face.get("FaceId"))
        if not person:
            reason = "The face has no UserId, and no ExternalImageId that names a person."
            refusals.append(Refusal(face_id, "", "NoPerson", reason))
            continue
        found = _images(images, external)
        if not found:
            reason = f"{images} has no image or folder {external!r}."
            refusals.append(Refusal(face_id, person, "NoImage", reason))
        for image in found:
            items.setdefault(image, file_item(person, str(image.relative_to(images)), image))
    return list(items.values()), refusals


def _faces(file: Path) -> list[dict[str, Any]]:
    try:
        content = json.loads(read_file(file, _LARGEST_LIST))
        return [dict(face) for face in content["Faces"]]
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"{file} has no Faces. Write it by"
            " `aws rekognition list-faces --collection-id … --output json`."
        ) from error


def _expression(pattern: str | None) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise Refused(f"The pattern is not a regular expression: {error.msg}.") from error
    if not expression.groups:
        raise Refused("The pattern needs a group, as in '([a-z]+)_.*'.")
    return expression


def _person(external: str, expression: re.Pattern[str] | None) -> str:
    if expression is None:
        return external
    found = expression.fullmatch(external)
    return found[1] if found and found[1] else ""


def _images(folder: Path, external: str) -> list[Path]:
    # An ExternalImageId has letters, digits and _ . - : only; ".." must not leave the folder.
    if not external or external in (".", "..") or "/" in external:
        return []
    exact = folder / external
    if exact.is_dir():
        return images_below(exact)
    if exact.is_file():
        return [exact]
    with_suffix = (exact.with_name(exact.name + suffix) for suffix in sorted(SUFFIXES))
    return [file for file in with_suffix if file.is_file()][:1]
