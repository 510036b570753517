"""Unfiltered PNG rows to images of 8 bits: depths, palettes, transparent colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from shared.vision.decoding.png.chunks import CHANNELS, COLOUR, GREY, PALETTE, PngChunks

_SIXTEEN_TO_EIGHT = 257
"""65535 / 255."""


class Samples:
    """Reads the samples of one file.

    Attributes:
        bytes_of_pixel: bytes of a pixel in a plane, 1 to 4; less than a byte counts as one
            (PNG §9.2).
        planes: the first byte of each plane in a row. Usually one plane holds all bytes; 16-bit
            samples have one of high bytes and, where exact values matter, one of low bytes.
    """

    def __init__(self, found: PngChunks) -> None:
        self._found = found
        self.bytes_of_pixel = max(1, CHANNELS[found.colour_type] * min(found.depth, 8) // 8)
        exact = found.colour_type == GREY or bool(found.transparency)
        self.planes = (0,) if found.depth < 16 or not exact else (0, 1)
        self._transparent = _transparent_colour(found)
        self._colours = _opaque_palette(found)

    def plane(self, filtered: NDArray[np.uint8], first: int) -> NDArray[np.uint8]:
        """The bytes of one plane with the filter's byte in front, (rows, bytes)."""
        if self._found.depth < 16:
            return filtered
        return np.concatenate([filtered[:, :1], filtered[:, 1 + first :: 2]], axis=1)

    def pillow_image(self, planes: Sequence[PIL.Image.Image], width: int) -> PIL.Image.Image:
        """Unfiltered planes as an image of mode L, LA, P, RGB or RGBA."""
        found, high = self._found, planes[0]
        if found.depth == 8 and found.colour_type != PALETTE and not self._transparent:
            return high
        samples = np.asarray(high)
        if found.depth < 8:
            samples = _unpacked(samples, found.depth)[:, :width]
        if found.colour_type == PALETTE:
            indexed = PIL.Image.fromarray(samples)
            indexed.putpalette(self._colours)
            return indexed
        values = samples
        if len(planes) == 2:
            values = (samples.astype(np.uint16) << 8) | np.asarray(planes[1])
        return PIL.Image.fromarray(self._visible(samples, values))

    def _visible(
        self, high: NDArray[np.uint8], values: NDArray[np.uint8] | NDArray[np.uint16]
    ) -> NDArray[np.uint8]:
        """Samples scaled to 8 bits, with the transparent colour white.

        Args:
            high: the samples or, of 16 bits, their high bytes.
            values: the samples at full depth.
        """
        visible = high
        if self._found.depth < 8:
            visible = high * np.uint8(255 // (2**self._found.depth - 1))
        elif self._found.colour_type == GREY and self._found.depth == 16:
            rounded = (values.astype(np.uint32) + _SIXTEEN_TO_EIGHT // 2) // _SIXTEEN_TO_EIGHT
            visible = rounded.astype(np.uint8)
        if not self._transparent:
            return visible
        transparent = self._is_transparent(values)
        if not transparent.any():
            return visible
        visible = visible.copy()
        visible[transparent] = 255
        return visible

    def _is_transparent(self, values: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.bool_]:
        """Whether each pixel has the transparent colour, (rows, width)."""
        planes = [values] if values.ndim == 2 else list(np.moveaxis(values, 2, 0))
        # A plane at a time: numpy reduces over an axis of three samples ten times slower.
        found: NDArray[np.bool_] = planes[0] == self._transparent[0]
        for plane, sample in zip(planes[1:], self._transparent[1:], strict=True):
            found &= plane == sample
        return found


def _transparent_colour(found: PngChunks) -> tuple[int, ...]:
    """The colour that tRNS makes transparent, as samples; empty if there is none."""
    body, mask = found.transparency, (1 << found.depth) - 1
    places = {GREY: (0,), COLOUR: (0, 2, 4)}.get(found.colour_type, ())
    if len(body) < 2 * len(places):
        return ()
    return tuple(int.from_bytes(body[at : at + 2]) & mask for at in places)


def _opaque_palette(found: PngChunks) -> bytes:
    """256 RGB triples, each laid over white by the alpha that tRNS gives it."""
    if found.colour_type != PALETTE:
        return b""
    colours = np.frombuffer(found.colours.ljust(768, b"\0"), np.uint8).reshape(256, 3)
    alpha = np.frombuffer(found.transparency.ljust(256, b"\xff"), np.uint8).astype(np.uint32)
    shown = colours * alpha[:, np.newaxis] + 255 * (255 - alpha[:, np.newaxis])
    return ((shown + 127) // 255).astype(np.uint8).tobytes()


def _unpacked(packed: NDArray[np.uint8], depth: int) -> NDArray[np.uint8]:
    """One sample per byte, from rows with several; the leftmost is in the highest bits."""
    shifts = np.arange(8 - depth, -1, -depth, dtype=np.uint8)
    samples = (packed[:, :, np.newaxis] >> shifts) & np.uint8(2**depth - 1)
    return samples.reshape(len(packed), -1)
