"""The effect of rotating and mirroring an image on head pose."""

from __future__ import annotations

import numpy as np

from shared.domain.face.attributes import HeadPose
from shared.vision.analyzer import FaceAnalyzer, load_analyzer
from shared.vision.images import Image
from tools.measure.accuracy.attributes.damage import mirrored, turned
from tools.measure.accuracy.reference import portraits
from tools.measure.accuracy.table import Table

ANGLES = (-30, -20, -10, 10, 20, 30)


def measure() -> Table:
    """Errors in degrees: of roll for rotated images, of all angles for mirrored ones."""
    analyzer = load_analyzer()
    off: dict[str, list[float]] = {}
    missed = 0
    for path in portraits():
        image = analyzer.decode(path.read_bytes())
        before = _pose(analyzer, image)
        if before is None:
            missed += 1
            continue
        off.setdefault("yaw of a portrait as it is", []).append(before.yaw)
        for angle in ANGLES:
            after = _pose(analyzer, turned(image, angle))
            if after is None:
                missed += 1
                continue
            off.setdefault("roll, turned by up to 30", []).append(after.roll - before.roll - angle)
            off.setdefault("yaw, turned", []).append(after.yaw - before.yaw)
            off.setdefault("pitch, turned", []).append(after.pitch - before.pitch)
        after = _pose(analyzer, mirrored(image))
        if after is None:
            missed += 1
            continue
        off.setdefault("roll, mirrored", []).append(after.roll + before.roll)
        off.setdefault("yaw, mirrored", []).append(after.yaw + before.yaw)
        off.setdefault("pitch, mirrored", []).append(after.pitch - before.pitch)
    return Table(
        f"Head pose of portraits, degrees off ({missed} faces not found)",
        ("what", "cases", "mean", "95th percentile", "worst"),
        [
            (
                name,
                len(values),
                round(float(np.mean(values)), 2),
                round(float(np.percentile(np.abs(values), 95)), 2),
                round(float(np.abs(values).max()), 2),
            )
            for name, values in off.items()
        ],
    )


def _pose(analyzer: FaceAnalyzer, image: Image) -> HeadPose | None:
    found = analyzer.detect(image)
    return analyzer.head_pose(image, found[0]) if found else None
