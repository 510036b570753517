"""Decoded images: upright pixels in plain RGB."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """An upright image.

    Large images are reduced while they are decoded. Everything in `shared.vision` computes in
    pixels of the reduced image; `full_size` is the size that callers know.

    Attributes:
        pixels: uint8, (height, width, 3), RGB, C-contiguous, read-only.
        full_size: width and height of the upright image in its file; None if they are those of
            `pixels`.
    """

    pixels: NDArray[np.uint8]
    full_size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Check the type, shape and layout of the pixels."""
        if self.pixels.dtype != np.uint8 or self.pixels.ndim != 3 or self.pixels.shape[2] != 3:
            raise ValueError("An image's pixels are uint8 of shape (height, width, 3).")
        if 0 in self.pixels.shape:
            raise ValueError("An image has at least one pixel.")
        if not self.pixels.flags.c_contiguous:
            raise ValueError("An image's pixels are C-contiguous.")

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    @property
    def original_size(self) -> tuple[int, int]:
        """Width and height of the upright image in its file."""
        return self.full_size or (self.width, self.height)

    @property
    def reduction(self) -> int:
        """The pixels of the file per pixel, in both directions; 1 or more."""
        return round(max(self.original_size) / max(self.width, self.height))
