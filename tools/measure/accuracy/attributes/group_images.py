"""Counts the faces found on group images."""

from __future__ import annotations

from shared.vision.analyzer import load_analyzer
from tools.measure.accuracy.reference import DATA, GROUP_IMAGES
from tools.measure.accuracy.table import Table


def measure() -> Table:
    """People and faces found, per image."""
    analyzer = load_analyzer()
    return Table(
        "Group images of Microsoft's samples",
        ("image", "people", "faces found"),
        [
            (
                name,
                people,
                len(analyzer.detect(analyzer.decode((DATA / "faces" / name).read_bytes()))),
            )
            for name, people in GROUP_IMAGES.items()
        ],
    )
