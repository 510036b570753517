"""Collects decoded pixels band by band, so that no second copy at full size exists."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from shared.vision.decoding.encoded import reduction
from shared.vision.images import Image

_BAND_PIXELS = 1 << 19
_WHITE = (255, 255, 255, 255)


class Canvas:
    """The RGB pixels of an image, written from the top down and reduced while they are written.

    Args:
        width: columns of the bands that are added.
        height: rows of all bands together.
        factor: the factor by which both sides are reduced; pixels are averaged.
    """

    def __init__(self, width: int, height: int, factor: int) -> None:
        self._size = (width, height)
        self._factor = factor
        self._top = 0
        self._pixels = np.empty(
            (math.ceil(height / factor), math.ceil(width / factor), 3), np.uint8
        )

    @classmethod
    def for_image(cls, width: int, height: int) -> Canvas:
        """A canvas for an image of this size, reduced by ``reduction``."""
        return cls(width, height, reduction(width, height))

    @classmethod
    def holding(cls, pixels: NDArray[np.uint8]) -> Canvas:
        """A finished canvas of RGB pixels, (height, width, 3)."""
        canvas = cls(pixels.shape[1], pixels.shape[0], 1)
        canvas._pixels = pixels
        return canvas

    def bands(self) -> Iterator[tuple[int, int]]:
        """The first row and the row after the last of each band, in the order of `add`."""
        width, height = self._size
        rows = max(1, _BAND_PIXELS // width // self._factor) * self._factor
        for top in range(0, height, rows):
            yield top, min(top + rows, height)

    def add(self, band: PIL.Image.Image) -> None:
        """Write the next band, of any colour mode of 8 bits, laid over white if transparent."""
        plain = opaque_rgb(band)
        reduced = plain if self._factor == 1 else plain.reduce(self._factor)
        rows = np.asarray(reduced)
        self._pixels[self._top : self._top + len(rows)] = rows
        self._top += len(rows)

    def add_whole(self, pillow_image: PIL.Image.Image) -> None:
        """Write all bands of an image that a decoder holds in memory."""
        for top, bottom in self.bands():
            whole = (top, bottom) == (0, pillow_image.height)
            self.add(
                pillow_image if whole else pillow_image.crop((0, top, pillow_image.width, bottom))
            )

    def image(self, orientation: int = 1, full_size: tuple[int, int] | None = None) -> Image:
        """The finished image, upright.

        Args:
            orientation: EXIF orientation, 1 to 8.
            full_size: width and height as stored, where the decoder already reduced them.
        """
        width, height = full_size or self._size
        pixels = upright(self._pixels, orientation)
        pixels.flags.writeable = False
        size = (height, width) if orientation in _SIDEWAYS else (width, height)
        return Image(pixels, size)


_SIDEWAYS = (5, 6, 7, 8)
"""EXIF orientations that exchange width and height."""


def upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """The pixels upright, given their EXIF orientation (EXIF 2.32, tag 0x0112)."""
    turned = pixels.transpose(1, 0, 2) if orientation in _SIDEWAYS else pixels
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    return np.ascontiguousarray(turned)


def opaque_rgb(pillow_image: PIL.Image.Image) -> PIL.Image.Image:
    """An image of 8 bits per channel as RGB, laid over white if it is transparent."""
    if not pillow_image.has_transparency_data:
        return pillow_image if pillow_image.mode == "RGB" else pillow_image.convert("RGB")
    coloured = pillow_image.convert("RGBA")
    if coloured.getchannel("A").getextrema() == (255, 255):
        return coloured.convert("RGB")
    white = PIL.Image.new("RGBA", coloured.size, _WHITE)
    white.alpha_composite(coloured)
    return white.convert("RGB")
