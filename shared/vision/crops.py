"""Crops of faces and drawings on images, encoded as PNG or JPEG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
from numpy.typing import NDArray

from shared.domain.face.geometry import Rectangle
from shared.vision.images import Image

_JPEG_QUALITY = 92
_COLOUR = (255, 196, 0)
_INK = (0, 0, 0)
_LINE_SHARE = 400
"""The longest side, in line widths."""
_TEXT_SHARE = 40
_SMALLEST_TEXT = 12


class ImageFormat(StrEnum):
    """The format of an encoded image."""

    PNG = "png"
    JPEG = "jpeg"


@dataclass(frozen=True, slots=True)
class LabelledBox:
    """A rectangle in pixels of the image, and the text above it; empty for none."""

    rectangle: Rectangle
    label: str = ""


def padded_crop(image: Image, rectangle: Rectangle, padding: float) -> NDArray[np.uint8]:
    """A rectangle of an image, extended on each side by a share of its size, within the image."""
    across, down = round(rectangle.width * padding), round(rectangle.height * padding)
    left, top = max(0, rectangle.left - across), max(0, rectangle.top - down)
    right, bottom = rectangle.right + across, rectangle.bottom + down
    return image.pixels[top:bottom, left:right]


def drawn(image: Image, boxes: Sequence[LabelledBox]) -> NDArray[np.uint8]:
    """An image with boxes and labels drawn on it."""
    canvas = PIL.Image.fromarray(image.pixels)
    pen = PIL.ImageDraw.Draw(canvas)
    longest = max(canvas.size)
    font = PIL.ImageFont.load_default(max(_SMALLEST_TEXT, longest // _TEXT_SHARE))
    for box in boxes:
        place = box.rectangle
        edges = (place.left, place.top, place.right - 1, place.bottom - 1)
        pen.rectangle(edges, outline=_COLOUR, width=max(2, longest // _LINE_SHARE))
        if box.label:
            at = (place.left, place.top)
            pen.rectangle(pen.textbbox(at, box.label, font, anchor="lb"), fill=_COLOUR)
            pen.text(at, box.label, _INK, font, anchor="lb")
    return np.asarray(canvas)


def encoded(pixels: NDArray[np.uint8], form: ImageFormat, longest_side: int | None) -> bytes:
    """An image file without metadata.

    Args:
        longest_side: the longest side to scale to, in pixels; None keeps the size.
    """
    image = PIL.Image.fromarray(np.ascontiguousarray(pixels))
    if longest_side is not None:
        scale = longest_side / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, PIL.Image.Resampling.LANCZOS)
    content = io.BytesIO()
    if form is ImageFormat.JPEG:
        image.save(content, "JPEG", quality=_JPEG_QUALITY)
    else:
        image.save(content, "PNG")
    return content.getvalue()
