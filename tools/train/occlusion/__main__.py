"""Fit the probes that tell masks, glasses and hats: `python -m tools.train.occlusion`.

Writes shared/vision/attributes/occlusion.npz. The images are those of folds 1 to 3 of Labeled
Faces in the Wild and two thirds of the mask set in ../shared/data, as they are and with things
drawn on them. Feature maps take some ten minutes the first time and are cached under
.local/accuracy. They are those of the float32 build: the probes serve both builds.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from shared.domain.models import Precision
from shared.vision.alignment import Edge
from shared.vision.analyzer import FaceAnalyzer, load_analyzer
from shared.vision.attributes.occlusion import WEIGHTS_PATH
from tools.measure.accuracy.embeddings import CACHE
from tools.train.occlusion.examples import Example, Kind, lfw_examples, lfw_names, mask_examples
from tools.train.occlusion.fitting import Array, Lesson, fit
from tools.train.occlusion.variation import varied

FOLDS = (1, 2, 3)

_DRAWINGS = 2
"""On each image."""

_IMPORTANCE = {"lfw": 2.0, "masks": 4.0}
"""Of images as they are, which are fewer than drawings and variations, and nearer to the truth."""


def main() -> int:
    """Fit and write the weights; the exit code."""
    cached = CACHE / "occlusion.npz"
    analyzer = load_analyzer(precision=Precision.FLOAT32)
    if not cached.exists():
        _compute(analyzer, cached)
    with np.load(cached) as stored:
        lesson = Lesson(
            stored["features"].astype(np.float32), stored["truths"], stored["importance"]
        )
    print(f"fitting {len(lesson.features):,} faces", file=sys.stderr)
    weights, bias = fit(lesson)
    with WEIGHTS_PATH.open("wb") as file:
        np.savez_compressed(
            file,
            weights=weights.astype(np.float16),
            bias=bias,
            model=np.array(analyzer.embedding_model),
        )
    print(f"{WEIGHTS_PATH}: {WEIGHTS_PATH.stat().st_size:,} bytes")
    return 0


def _compute(analyzer: FaceAnalyzer, path: Path) -> None:
    """Feature maps and truths: of images as they are, and of all examples once varied."""
    features: list[Array] = []
    truths: list[Array] = []
    importance: list[float] = []
    for source, example in _examples(analyzer):
        face = analyzer.aligned(example.image, example.face, Edge.REPLICATED)
        name = f"{example.name} {example.kind}"
        faces = [varied(face, np.random.default_rng([zlib.crc32(name.encode())]))]
        if example.kind is Kind.NOTHING:
            faces.append(face)
        for shown in faces:
            features.append(analyzer.bands(shown))
            truths.append(example.truths)
            importance.append(1.0 if example.kind is not Kind.NOTHING else _IMPORTANCE[source])
        if len(features) % 1000 < len(faces):
            print(f"{len(features):,} faces", file=sys.stderr)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez(
            file,
            features=np.array(features, np.float16),
            truths=np.array(truths, np.float32),
            importance=np.array(importance, np.float32),
        )


def _examples(analyzer: FaceAnalyzer) -> Iterator[tuple[str, Example]]:
    lfw = lfw_examples(analyzer, lfw_names(*FOLDS), _DRAWINGS)
    masks = mask_examples(analyzer, held_out=False, drawings=_DRAWINGS)
    return chain((("lfw", example) for example in lfw), (("masks", example) for example in masks))


if __name__ == "__main__":
    sys.exit(main())
