"""Several images in one command: one that is refused does not keep the others from being shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lineament.errors import Refused
from lineament.service.images import Image, read_image
from lineament.text import complain

_UNREADABLE = "Unreadable"
_OF_ONE_IMAGE = ("InvalidImage", "InvalidImageSize", "InvalidURL")
"""Codes of errors that other images need not have."""


def analyse_each(
    names: Sequence[str], analyse: Callable[[Image], dict[str, Any]]
) -> list[dict[str, Any]]:
    """For each image ``{"image", …}`` as it was analysed, or ``{"image", "error"}``.

    Args:
        names: as arguments name images.
        analyse: raises Refused where the service refuses an image.

    Raises:
        Refused: the only image is refused, or all would be for the same reason.
    """
    results = []
    for name in names:
        try:
            results.append({"image": name, **analyse(_read(name))})
        except Refused as error:
            refused = _described(name, error)
            if refused is None or len(names) == 1:
                raise refused or error from error
            complain(refused.message)
            failure = {"code": error.code, "message": error.message}
            results.append({"image": name, "error": failure})
    return results


def analysed(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The results of those images that were not refused."""
    return [one for one in results if "error" not in one]


def check_refused(results: Sequence[dict[str, Any]]) -> None:
    """End a command that has shown its results if an image was refused.

    Raises:
        Refused: with the number of those images.
    """
    refused = len(results) - len(analysed(results))
    if refused:
        verb = "was" if refused == 1 else "were"
        raise Refused(f"{refused} of {len(results)} images {verb} refused.")


def _read(name: str) -> Image:
    try:
        return read_image(name)
    except Refused as error:
        raise Refused(error.message, code=_UNREADABLE) from error


def _described(name: str, error: Refused) -> Refused | None:
    """The error with the image's name; None where it does not depend on the image."""
    if error.code == _UNREADABLE:
        return error
    if error.code in _OF_ONE_IMAGE:
        return Refused(f"{name}: {error.message}", code=error.code, status=error.status)
    return None
