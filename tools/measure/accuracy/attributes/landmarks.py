"""The distance of landmarks from points annotated by a person, or by dlib."""

from __future__ import annotations

import time

import numpy as np

from shared.vision.analyzer import load_analyzer
from tools.measure.accuracy.reference import marked_faces
from tools.measure.accuracy.table import Table

_OUTER_EYES = (36, 45)
_USED = (*range(17, 28), *range(30, 49), 51, 54, 57, 62, 66)
"""The points, of 68, that the 27 landmarks are computed from."""


def measure() -> Table:
    """The mean error over the outer-eye distance, and the time per face."""
    analyzer = load_analyzer()
    errors, milliseconds, marked = [], [], 0
    for _, content, faces in marked_faces():
        image = analyzer.decode(content)
        found = analyzer.detect(image)
        for truth in faces:
            marked += 1
            x, y = truth.mean(axis=0)
            for face in found:
                box = face.rectangle
                if box.left < x < box.right and box.top < y < box.bottom:
                    started = time.perf_counter()
                    points = analyzer.points(image, face)
                    milliseconds.append((time.perf_counter() - started) * 1000)
                    off = np.hypot(*(points - truth)[list(_USED)].T).mean()
                    errors.append(off / np.hypot(*(truth[_OUTER_EYES[1]] - truth[_OUTER_EYES[0]])))
                    break
    return Table(
        "Landmarks against 68 annotated points of PASCAL images, in shares of the distance of"
        " the outer eye corners",
        ("faces marked", "found", "mean error", "median", "95th percentile", "ms a face"),
        [
            (
                marked,
                len(errors),
                f"{100 * np.mean(errors):.2f} %",
                f"{100 * np.median(errors):.2f} %",
                f"{100 * np.percentile(errors, 95):.2f} %",
                round(float(np.median(milliseconds)), 2),
            )
        ],
    )
