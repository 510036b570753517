"""Whether qualityForRecognition predicts recognition errors, on pairs of faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared.domain.face.attributes import Attribute, Level
from shared.domain.values import Detection, Embedding
from shared.vision.analyzer import FaceAnalyzer, load_analyzer
from shared.vision.images import Image
from tools.measure.accuracy.attributes import damage
from tools.measure.accuracy.embeddings import wanted_precision
from tools.measure.accuracy.reference import central_face, lfw_image, lfw_pairs
from tools.measure.accuracy.table import Table, proportion

_ORDER = (Level.LOW, Level.MEDIUM, Level.HIGH)

STEPS: dict[str, Sequence[float]] = {
    "blurred": (1.5, 2.5, 3.5, 5.0),
    "shrunk": (8.0, 12.0, 16.0, 22.0),
    "exposed": (-4.0, -3.0, 2.0, 3.0),
    "noisy": (15.0, 30.0, 45.0, 60.0),
}
"""Units: blur in aligned pixels, size as eye distance in pixels, exposure in stops, noise in grey
levels."""


@dataclass(frozen=True, slots=True)
class _Face:
    quality: Level
    embedding: Embedding


def measure() -> Table:
    """Errors at the same-person threshold by the lower quality of a pair's two faces.

    Every pair counts twice: unaltered, and with its second image degraded by one random step of one
    random kind. In the degraded image the face is detected again or, if that fails, used at its
    former position.
    """
    analyzer = load_analyzer(precision=wanted_precision())
    threshold = analyzer.confidence.cosine(0.5)
    generator = np.random.default_rng(4)
    clean: dict[str, _Face] = {}
    rows = {level: [0, 0, 0, 0] for level in _ORDER}
    for pair in lfw_pairs():
        for name in (pair.first, pair.second):
            if name not in clean:
                image = analyzer.decode(lfw_image(name))
                clean[name] = _seen(analyzer, image, _found(analyzer, image))
        image = analyzer.decode(lfw_image(pair.second))
        worse = _damaged(analyzer, image, generator)
        for second in (clean[pair.second], worse):
            first = clean[pair.first]
            level = min(first.quality, second.quality, key=_ORDER.index)
            same = float(first.embedding.vector @ second.embedding.vector) >= threshold
            counts = rows[level]
            counts[0 if pair.same else 2] += 1
            counts[1 if pair.same else 3] += same != pair.same
    return Table(
        "Recognition errors by qualityForRecognition (the lower of a pair), 3,000 pairs of Labeled"
        " Faces in the Wild as they are and 3,000 damaged, at confidence 0.5, 95 % intervals",
        ("quality", "pairs", "missed", "false", "all errors"),
        [
            (
                level,
                same + other,
                proportion(missed, same),
                proportion(false, other),
                proportion(missed + false, same + other),
            )
            for level, (same, missed, other, false) in rows.items()
        ],
    )


def _damaged(analyzer: FaceAnalyzer, image: Image, generator: np.random.Generator) -> _Face:
    face = _found(analyzer, image)
    kind = str(generator.choice(list(STEPS)))
    step = float(generator.choice(STEPS[kind]))
    if kind == "blurred":
        worse = damage.blurred(image, face, step)
    elif kind == "shrunk":
        worse = damage.shrunk(image, face, step)
        return _seen(analyzer, worse, central_face(analyzer, worse) or _moved(face, worse, image))
    elif kind == "exposed":
        worse = damage.exposed(image, step)
    else:
        worse = damage.noisy(image, step, generator)
    return _seen(analyzer, worse, central_face(analyzer, worse) or face)


def _found(analyzer: FaceAnalyzer, image: Image) -> Detection:
    face = central_face(analyzer, image)
    if face is None:
        raise LookupError("No face was found on an image of Labeled Faces in the Wild.")
    return face


def _moved(face: Detection, image: Image, before: Image) -> Detection:
    """The face detected in the original, at its position in the scaled image."""
    factor = image.width / before.width
    box, points = face.rectangle, face.points
    return Detection(
        type(box)(*(round(side * factor) for side in (box.left, box.top, box.width, box.height))),
        type(points)(
            *(
                type(point)(point.x * factor, point.y * factor)
                for point in (
                    points.eye_left,
                    points.eye_right,
                    points.nose_tip,
                    points.mouth_left,
                    points.mouth_right,
                )
            )
        ),
        face.score,
    )


def _seen(analyzer: FaceAnalyzer, image: Image, face: Detection) -> _Face:
    ((_, attributes),) = analyzer.describe(image, [face], {Attribute.QUALITY}, landmarks=False)
    if attributes.quality is None:
        raise LookupError("The analyzer returned no quality.")
    return _Face(attributes.quality, analyzer.embed(image, [face])[0])
