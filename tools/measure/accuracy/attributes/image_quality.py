"""The response of blur, exposure and noise to degradations in known steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from shared.domain.face.attributes import Attribute, FaceAttributes
from shared.domain.values import Detection
from shared.vision.analyzer import FaceAnalyzer, load_analyzer
from shared.vision.images import Image
from tools.measure.accuracy.attributes import damage
from tools.measure.accuracy.reference import central_face, portraits
from tools.measure.accuracy.table import Table

Damage = Callable[[Image, Detection, float], Image]
Value = Callable[[FaceAttributes], float | None]

_GENERATOR_SEED = 4


def measure() -> Table:
    """The median value at each step, and the share of images for which each step raises it."""
    generator = np.random.default_rng(_GENERATOR_SEED)
    analyzer = load_analyzer()
    faces = []
    for path in portraits():
        image = analyzer.decode(path.read_bytes())
        face = central_face(analyzer, image)
        if face is not None:
            faces.append((image, face))
    series: list[tuple[str, Sequence[float], Damage, Value]] = [
        ("blur, sigma", (0, 0.5, 1, 2, 3, 4, 6, 8), damage.blurred, _blur),
        (
            "exposure, stops",
            (-4, -3, -2, -1, 0, 1, 2, 3),
            lambda image, _, stops: damage.exposed(image, stops),
            _exposure,
        ),
        (
            "noise, grey levels",
            (0, 2, 5, 10, 20, 30, 40),
            lambda image, _, deviation: damage.noisy(image, deviation, generator),
            _noise,
        ),
        (
            "noise, photons",
            (5000, 1000, 300, 100, 50, 20),
            lambda image, _, photons: damage.grainy(image, photons, generator),
            _noise,
        ),
    ]
    rows = []
    for name, steps, harm, value in series:
        values = np.array([_values(analyzer, faces, harm, step, value) for step in steps])
        rises = [float((after >= before).mean()) for before, after in pairwise(values)]
        rows.append(
            (
                name,
                " ".join(f"{step:g}" for step in steps),
                " ".join(f"{median:.2f}" for median in np.median(values, axis=1)),
                f"{100 * min(rises):.0f} %",
            )
        )
    return Table(
        f"Blur, exposure and noise of {len(faces)} portraits damaged in known steps",
        ("damage", "steps", "median value", "images that do not fall, at the worst step"),
        rows,
    )


def _values(
    analyzer: FaceAnalyzer,
    faces: Sequence[tuple[Image, Detection]],
    harm: Damage,
    step: float,
    value: Value,
) -> list[float]:
    values = []
    for image, face in faces:
        # The face's known position is used, to measure the attribute and not the detector.
        ((_, attributes),) = analyzer.describe(
            harm(image, face, step),
            [face],
            {Attribute.BLUR, Attribute.EXPOSURE, Attribute.NOISE},
            landmarks=False,
        )
        found = value(attributes)
        if found is None:
            raise LookupError("The analyzer did not return the requested attributes.")
        values.append(found)
    return values


def _blur(attributes: FaceAttributes) -> float | None:
    return None if attributes.blur is None else attributes.blur.value


def _exposure(attributes: FaceAttributes) -> float | None:
    return None if attributes.exposure is None else attributes.exposure.value


def _noise(attributes: FaceAttributes) -> float | None:
    return None if attributes.noise is None else attributes.noise.value
