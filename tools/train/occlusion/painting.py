"""Draws masks, glasses, hats and other things on images of faces.

All sizes are in distances between the outer eye corners, so that they scale with the face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFilter
from numpy.typing import NDArray

Points = NDArray[np.float64]
Pixels = NDArray[np.uint8]
Cover = NDArray[np.float64]

_FINER = 2
"""Factor by which shapes are drawn larger and then reduced, for smooth edges."""

_MASK_COLOURS = ((235, 238, 240), (150, 195, 220), (120, 170, 200), (25, 25, 28), (170, 205, 190))
_FRAME_COLOURS = ((15, 15, 18), (60, 40, 25), (150, 120, 60), (130, 130, 135), (90, 30, 30))


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """An image with a drawing, and the share of each pixel that the drawing hides, 0 to 1."""

    pixels: Pixels
    cover: Cover


class Painter:
    """Draws on one image of one face.

    Args:
        pixels: uint8, (height, width, 3), RGB.
        points: the face's 68 points, (68, 2).
        generator: chooses shapes, colours and exact places.
        texture: another image, for patterns.
    """

    def __init__(
        self, pixels: Pixels, points: Points, generator: np.random.Generator, texture: Pixels
    ) -> None:
        self._pixels = pixels
        self._points = points
        self._lot = generator
        self._texture = texture
        self._across = points[45] - points[36]
        self._unit = float(np.hypot(*self._across))
        self._down = np.array([-self._across[1], self._across[0]]) / self._unit

    def mask(self, *, below_nose: bool) -> Painted:
        """A mask over mouth, chin and, unless it slipped, nose."""
        p, lot = self._points, self._lot
        start = int(lot.integers(1, 4))
        jaw = p[start : 17 - start]
        outward = (jaw - jaw.mean(axis=0)) * lot.uniform(0.0, 0.08)
        jaw = jaw + outward + self._down * self._unit * lot.uniform(-0.02, 0.1)
        if below_nose:
            middle = (p[33] + p[51]) / 2 + self._down * self._unit * lot.uniform(-0.04, 0.04)
        else:
            middle = p[27] + (p[29] - p[27]) * lot.uniform(0.3, 1.2)
        sides = (p[[40, 47]] if not below_nose else p[[31, 35]]) + self._down * self._unit * (
            lot.uniform(0.05, 0.2)
        )
        shape = [*jaw, sides[1], middle, sides[0]]
        cover = self._polygon(shape)
        colour = self._mask_colour()
        layer = self._cloth(colour)
        straps = self._lines([(jaw[0], p[0]), (jaw[-1], p[16])], lot.uniform(0.01, 0.03)) * float(
            lot.random() < 0.6
        )
        for share in np.linspace(0.3, 0.8, int(lot.integers(0, 4))):
            pleat = self._lines(
                [(sides[0] + (jaw[3] - sides[0]) * share, sides[1] + (jaw[-4] - sides[1]) * share)],
                0.012,
            )
            layer = layer * (1 - 0.25 * pleat[..., None])
        return self._laid(layer, np.maximum(cover, straps))

    def glasses(self) -> Painted:
        """Rims of any width, with clear lenses."""
        lot = self._lot
        rims, lenses = self._rims(lot.uniform(0.012, 0.05), lot.uniform(0.19, 0.27))
        tint = lenses * lot.uniform(0.0, 0.15)
        colour = _FRAME_COLOURS[int(lot.integers(len(_FRAME_COLOURS)))]
        seen = self._laid(self._plain((200, 205, 210)), tint * float(lot.random() < 0.5))
        strength = lot.uniform(0.5, 1.0)
        return self._laid(self._plain(colour), rims * strength, under=seen.pixels)

    def sunglasses(self) -> Painted:
        """Dark lenses, with or without rims."""
        lot = self._lot
        rims, lenses = self._rims(lot.uniform(0.015, 0.06), lot.uniform(0.22, 0.33))
        shade = lot.uniform(5, 60, 3) * lot.uniform(0.3, 1.0)
        height = np.linspace(0.8, lot.uniform(0.8, 1.8), self._pixels.shape[0])[:, None, None]
        layer = (self._plain(tuple(shade)) * height).clip(0, 255)
        under = self._laid(layer, lenses * lot.uniform(0.75, 1.0))
        colour = _FRAME_COLOURS[int(lot.integers(len(_FRAME_COLOURS)))]
        over = self._laid(self._plain(colour), rims, under=under.pixels)
        return Painted(over.pixels, np.maximum(under.cover, over.cover))

    def hat(self) -> Painted:
        """A hat, cap or cloth over hair and forehead."""
        p, lot = self._points, self._lot
        rise = self._down * self._unit
        low = lot.uniform(0.08, 0.4)
        left, right = p[0] - self._across * 0.1, p[16] + self._across * 0.1
        brow = [p[k] - rise * low for k in (17, 19, 21, 22, 24, 26)]
        top = [
            (p[26] - rise * lot.uniform(1.0, 1.5)) + self._across * lot.uniform(0.0, 0.3),
            (p[17] - rise * lot.uniform(1.0, 1.5)) - self._across * lot.uniform(0.0, 0.3),
        ]
        edge = [left - rise * (low + 0.1), *brow, right - rise * (low + 0.1)]
        cover = self._polygon([*edge, *top])
        layer = self._pattern()
        if lot.random() < 0.6:
            brim = self._polygon(
                [*edge, *(point - rise * lot.uniform(0.1, 0.25) for point in reversed(edge))]
            )
            layer = layer * (1 - brim[..., None] * lot.uniform(0.2, 0.7))
        return self._laid(layer, cover)

    def block(self) -> Painted:
        """A patterned block in front of any part of the face."""
        lot = self._lot
        place = self._points[int(lot.choice([19, 24, 37, 44, 27, 33, 51, 57, 57, 62, 8]))]
        place = place + lot.normal(0, 0.1, 2) * self._unit
        if lot.random() < 0.3:
            place = self._points[[17, 26]].mean(axis=0) - self._down * self._unit * 0.4
        size = lot.uniform(0.2, 0.75, 2) * self._unit
        angles = np.sort(lot.uniform(0, 2 * np.pi, int(lot.integers(4, 9))))
        shape = place + np.stack([np.cos(angles), np.sin(angles)], axis=1) * size
        return self._laid(self._pattern(), self._polygon(list(shape)))

    def hand(self) -> Painted:
        """Fingers, in a colour of the face, in front of mouth, eyes or forehead."""
        p, lot = self._points, self._lot
        place = p[int(lot.choice([57, 51, 62, 37, 44, 21, 19, 24]))] + lot.normal(0, 0.1, 2) * (
            self._unit
        )
        turn = lot.uniform(0, 2 * np.pi)
        along = np.array([np.cos(turn), np.sin(turn)]) * self._unit
        aside = np.array([-along[1], along[0]])
        cover = np.zeros(self._pixels.shape[:2])
        for finger in range(int(lot.integers(2, 5))):
            root = place + aside * 0.2 * (finger - 1.5)
            reach = lot.uniform(0.4, 0.8)
            line = self._lines([(root - along * 0.9, root + along * reach * 0.5)], 0.19)
            cover = np.maximum(cover, line)
        return self._laid(self._cloth(self._skin()), cover)

    def scarf(self) -> Painted:
        """Cloth from below the nose or the mouth down to the edge of the image."""
        p, lot = self._points, self._lot
        top = p[[2, 33, 14]] + self._down * self._unit * lot.uniform(-0.15, 0.1)
        low = self._down * self._unit * 3
        wide = self._across * lot.uniform(0.1, 0.5)
        shape = [top[0] - wide, top[1], top[2] + wide, top[2] + wide + low, top[0] - wide + low]
        return self._laid(self._pattern(), self._polygon(shape))

    def _rims(self, width: float, height: float) -> tuple[Cover, Cover]:
        p, lot = self._points, self._lot
        squareness = lot.uniform(2.0, 5.0)
        wide = lot.uniform(0.23, 0.32)
        drop = lot.uniform(-0.02, 0.08)
        angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        cosine, sine = np.cos(angles), np.sin(angles)
        x = np.sign(cosine) * np.abs(cosine) ** (2 / squareness) * wide
        y = np.sign(sine) * np.abs(sine) ** (2 / squareness) * height * 0.9 + drop
        rings = []
        for eye in (p[36:42].mean(axis=0), p[42:48].mean(axis=0)):
            rings.append(eye + x[:, None] * self._across + y[:, None] * self._down * self._unit)
        lenses = np.maximum(self._polygon(list(rings[0])), self._polygon(list(rings[1])))
        segments = [
            (ring[k], ring[(k + 1) % len(ring)])
            for ring in rings
            for k in range(len(ring))
            if y[k] < drop or squareness < 4.5 or width > 0.03
        ]
        inner = (rings[0][int(np.argmax(x))], rings[1][int(np.argmin(x))])
        outer = (rings[0][int(np.argmin(x))], rings[1][int(np.argmax(x))])
        segments += [inner, (outer[0], p[0]), (outer[1], p[16])]
        return self._lines(segments, width), lenses

    def _skin(self) -> tuple[float, ...]:
        """A colour of the face, lighter or darker."""
        x, y = self._points[[2, 14, 30, 33]].mean(axis=0).round().astype(int)
        height, width = self._pixels.shape[:2]
        skin = self._pixels[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
        return tuple((skin * self._lot.uniform(0.7, 1.15)).clip(0, 255))

    def _mask_colour(self) -> tuple[float, ...]:
        lot = self._lot
        if lot.random() < 0.7:
            base = np.array(_MASK_COLOURS[int(lot.integers(len(_MASK_COLOURS)))], float)
            return tuple((base * lot.uniform(0.75, 1.05) + lot.normal(0, 6, 3)).clip(0, 255))
        return tuple(lot.uniform(10, 245, 3))

    def _plain(self, colour: Sequence[float]) -> NDArray[np.float64]:
        return np.broadcast_to(np.array(colour, float), self._pixels.shape).copy()

    def _cloth(self, colour: Sequence[float]) -> NDArray[np.float64]:
        """One colour, lit like the face, with folds."""
        lot = self._lot
        blurred = PIL.Image.fromarray(self._pixels).convert("L")
        radius = self._unit * lot.uniform(0.08, 0.4)
        light = np.asarray(blurred.filter(PIL.ImageFilter.GaussianBlur(radius))) / 255.0
        shade = 1 + lot.uniform(0.3, 0.9) * (light - light.mean())
        folds = lot.normal(0, 1, (6, 6))
        fold = np.asarray(
            PIL.Image.fromarray(folds.astype(np.float32)).resize(
                self._pixels.shape[1::-1], PIL.Image.Resampling.BICUBIC
            )
        )
        shade = shade * (1 + lot.uniform(0, 0.08) * fold)
        layer = self._plain(colour) * shade[..., None]
        grainy: NDArray[np.float64] = layer + lot.normal(0, lot.uniform(0, 5), self._pixels.shape)
        return grainy

    def _pattern(self) -> NDArray[np.float64]:
        """Cloth, or a piece of another image."""
        lot = self._lot
        if lot.random() < 0.5:
            return self._cloth(tuple(lot.uniform(0, 255, 3) * lot.uniform(0.2, 1.0)))
        size = self._pixels.shape[1::-1]
        left, top = lot.integers(0, 100, 2)
        piece = PIL.Image.fromarray(self._texture).crop((left, top, left + 120, top + 120))
        return np.asarray(piece.resize(size), float) * lot.uniform(0.5, 1.2)

    def _polygon(self, shape: Sequence[NDArray[np.float64]]) -> Cover:
        canvas, draw = self._canvas()
        draw.polygon([tuple(_FINER * point) for point in shape], fill=255)
        return self._reduced(canvas)

    def _lines(
        self, segments: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]], width: float
    ) -> Cover:
        canvas, draw = self._canvas()
        thick = max(1, round(_FINER * width * self._unit))
        for first, last in segments:
            draw.line([tuple(_FINER * first), tuple(_FINER * last)], fill=255, width=thick)
            if thick > 4 * _FINER:
                x, y = _FINER * last
                r = thick / 2
                draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
        return self._reduced(canvas)

    def _canvas(self) -> tuple[PIL.Image.Image, PIL.ImageDraw.ImageDraw]:
        height, width = self._pixels.shape[:2]
        canvas = PIL.Image.new("L", (_FINER * width, _FINER * height))
        return canvas, PIL.ImageDraw.Draw(canvas)

    def _reduced(self, canvas: PIL.Image.Image) -> Cover:
        return np.asarray(canvas.reduce(_FINER), float) / 255

    def _laid(
        self, layer: NDArray[np.float64], cover: Cover, *, under: Pixels | None = None
    ) -> Painted:
        radius = self._lot.uniform(0.0, 1.0)
        soft = PIL.Image.fromarray((cover * 255).astype(np.uint8))
        cover = np.asarray(soft.filter(PIL.ImageFilter.GaussianBlur(radius)), float) / 255
        below = (self._pixels if under is None else under).astype(float)
        mixed = below + (layer - below) * cover[..., None]
        return Painted(np.ascontiguousarray(mixed.clip(0, 255).round().astype(np.uint8)), cover)
