"""`python -m tools.readme_image`: draws the README's image from public-domain portraits.

The boxes are those that the service's detector finds. The names are invented: they show what an
application draws from the answers of identify.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from shared.domain.face.geometry import Rectangle
from shared.vision.analyzer import FaceAnalyzer, load_analyzer
from tools.build.portraits import PORTRAITS_DIRECTORY

README_IMAGE = Path(__file__).resolve().parents[1] / "docs" / "images" / "faces.jpg"

PORTRAITS = (
    ("person_b_2.jpg", "Ada"),
    ("person_a_2.jpg", "Blaise"),
    ("impostor_1.jpg", "unknown"),
    ("impostor_2.jpg", "Charles"),
)
"""Public domain but for the last, which is CC BY 3.0: see docs/images/CREDITS.md."""

_HEIGHT = 300
_GAP = 8
_KNOWN, _UNKNOWN = "#1a7f37", "#9a6700"


def main() -> int:
    """Draw the image.

    Returns:
        The exit code: 1 where a portrait has not exactly one face.
    """
    analyzer = load_analyzer()
    tiles = [_tile(analyzer, PORTRAITS_DIRECTORY / name, label) for name, label in PORTRAITS]
    width = sum(tile.width for tile in tiles) + _GAP * (len(tiles) - 1)
    canvas = Image.new("RGB", (width, _HEIGHT), "white")
    left = 0
    for tile in tiles:
        canvas.paste(tile, (left, 0))
        left += tile.width + _GAP
    README_IMAGE.parent.mkdir(parents=True, exist_ok=True)
    canvas.save(README_IMAGE, quality=85, optimize=True)
    print(f"{README_IMAGE}: {canvas.width} x {canvas.height}")
    return 0


def _tile(analyzer: FaceAnalyzer, path: Path, label: str) -> Image.Image:
    """One portrait at the image's height, with its face and label drawn."""
    faces = analyzer.detect(analyzer.decode(path.read_bytes()))
    if len(faces) != 1:
        raise ValueError(f"{path.name} has {len(faces)} faces; one is needed.")
    with Image.open(path) as opened:
        scale = _HEIGHT / opened.height
        tile = opened.convert("RGB").resize((round(opened.width * scale), _HEIGHT))
    _draw(ImageDraw.Draw(tile), faces[0].rectangle, scale, label)
    return tile


def _draw(draw: ImageDraw.ImageDraw, face: Rectangle, scale: float, label: str) -> None:
    left, top = face.left * scale, face.top * scale
    right, bottom = left + face.width * scale, top + face.height * scale
    colour = _UNKNOWN if label == "unknown" else _KNOWN
    draw.rectangle((left, top, right, bottom), outline=colour, width=3)
    font = ImageFont.load_default(16)
    _, _, wide, high = draw.textbbox((0, 0), label, font=font)
    draw.rectangle((left, bottom, left + wide + 12, bottom + high + 8), fill=colour)
    draw.text((left + 6, bottom + 3), label, fill="white", font=font)


if __name__ == "__main__":
    sys.exit(main())
