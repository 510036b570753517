"""The ROC as an image: share of one person accepted over the false-accept rate, logarithmic."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
from numpy.typing import NDArray

_WIDTH, _HEIGHT, _EDGE = 640, 480, 60
_DECADES = 6
_BLACK, _GREY, _BLUE = "#000000", "#cccccc", "#1f5fbf"

_Point = tuple[float, float]


def write_roc(path: Path, points: NDArray[np.float64]) -> None:
    """Write a PNG or an SVG file, by the path's suffix.

    Args:
        points: (false-accept rate, true-accept rate) pairs.

    Raises:
        ValueError: the suffix is another one.
    """
    line = [_place(rate, right) for rate, right in points if rate > 0]
    if path.suffix == ".svg":
        path.write_text(_svg(line), encoding="utf-8")
    elif path.suffix == ".png":
        _png(line).save(path)
    else:
        raise ValueError("The image's name must end in .png or .svg.")


def _place(rate: float, right: float) -> _Point:
    across = 1 + max(-_DECADES, math.log10(rate)) / _DECADES
    return (
        _EDGE + across * (_WIDTH - 2 * _EDGE),
        _HEIGHT - _EDGE - right * (_HEIGHT - 2 * _EDGE),
    )


def _grid() -> list[tuple[_Point, _Point, str, _Point]]:
    """Lines with their labels and where these stand."""
    lines = []
    for decade in range(_DECADES + 1):
        bottom, top = _place(10.0**-decade, 0), _place(10.0**-decade, 1)
        lines.append((bottom, top, f"1e-{decade}", (bottom[0] - 14, bottom[1] + 8)))
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        left, right = _place(10.0**-_DECADES, share), _place(1.0, share)
        lines.append((left, right, f"{share:.2f}", (left[0] - 36, left[1] - 6)))
    return lines


def _svg(line: list[_Point]) -> str:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}"'
        ' font-family="sans-serif" font-size="11">'
    ]
    for (x0, y0), (x1, y1), label, (x, y) in _grid():
        parts.append(f'<path d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" stroke="{_GREY}"/>')
        parts.append(f'<text x="{x:.1f}" y="{y + 10:.1f}">{label}</text>')
    course = " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
    parts.append(f'<polyline points="{course}" fill="none" stroke="{_BLUE}" stroke-width="2"/>')
    parts.append(
        f'<text x="{_EDGE}" y="{_EDGE - 20}">accepted pairs of one person, over the'
        " false-accept rate</text></svg>"
    )
    return "\n".join(parts)


def _png(line: list[_Point]) -> PIL.Image.Image:
    image = PIL.Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    draw = PIL.ImageDraw.Draw(image)
    for begin, end, label, place in _grid():
        draw.line([begin, end], fill=_GREY)
        draw.text(place, label, fill=_BLACK)
    if len(line) > 1:
        draw.line(line, fill=_BLUE, width=2)
    title = "accepted pairs of one person, over the false-accept rate"
    draw.text((_EDGE, _EDGE - 28), title, fill=_BLACK)
    return image
