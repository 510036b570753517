"""Fits the probes that detect masks, glasses and hats: `python -m tools.train.occlusion`.

Writes shared/vision/attributes/occlusion.npz, or the file of `--out`. The images are those of
folds 1 to 3 of Labeled Faces in the Wild and four fifths of the mask set in ../shared/data, both
unaltered and with things drawn on them. Computing the feature maps takes about ten minutes the
first time; they are cached under .build/accuracy. They are computed with the float32 build; the
probes are used with both builds.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from shared.domain.models import Precision
from shared.vision.alignment import Edge
from shared.vision.analyzer import FaceAnalyzer, load_analyzer
from shared.vision.attributes.occlusion import WEIGHTS_PATH
from tools.measure.accuracy.embeddings import CACHE
from tools.train.occlusion.examples import (
    OBSTACLES,
    Example,
    Kind,
    lfw_examples,
    lfw_names,
    mask_examples,
)
from tools.train.occlusion.fitting import Array, Lesson, fit
from tools.train.occlusion.variation import varied

FOLDS = (1, 2, 3)

_DRAWINGS = 2
"""Number of drawings for each image."""

_IMPORTANCE = {"lfw": 1.0, "masks": 4.0}
"""Weight of each image, by source. The mask set has fewer images, and they resemble most images on
the web."""

_AS_IT_IS = {"lfw": 2.0, "masks": 4.0}
"""Weight of an unaltered image relative to one with a drawing, by source."""

_OBSTACLE = 0.5
"""Weight of an image with an open hand or a thing. Fitted on three quarters of the images, weights
of 0, 0.25, 0.5, 1 and 2 reported 62, 41, 34, 22 and 12 of 291 hands and blocks drawn on LFW as
masks, and 216, 216, 215, 213 and 212 of 218 worn masks, in the other quarter."""


def main() -> int:
    """Fit and write the weights; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.train.occlusion")
    parser.add_argument("--out", type=Path, default=WEIGHTS_PATH, help="the file to write")
    out: Path = parser.parse_args().out
    analyzer = load_analyzer(precision=Precision.FLOAT32)
    parts = [
        _lesson(
            "lfw",
            analyzer,
            lfw_examples(analyzer, lfw_names(*FOLDS), _DRAWINGS, obstacles=True),
        ),
        _lesson(
            "masks",
            analyzer,
            mask_examples(analyzer, held_out=False, drawings=_DRAWINGS, obstacles=True),
        ),
    ]
    lesson = Lesson(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.truths for part in parts]),
        np.concatenate([part.importance for part in parts]),
    )
    print(f"fitting {len(lesson.features):,} faces", file=sys.stderr)
    weights, bias = fit(lesson)
    with out.open("wb") as file:
        np.savez_compressed(
            file,
            weights=weights.astype(np.float16),
            bias=bias,
            model=np.array(analyzer.embedding_model),
        )
    print(f"{out}: {out.stat().st_size:,} bytes")
    return 0


def _lesson(source: str, analyzer: FaceAnalyzer, examples: Iterable[Example]) -> Lesson:
    """The feature maps and truths of a source's images, from the cache if they are cached."""
    path = CACHE / f"occlusion-examples-{source}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _compute(analyzer, examples, path)
    with np.load(path) as stored:
        weights = dict.fromkeys(OBSTACLES, _OBSTACLE) | {Kind.NOTHING: _AS_IT_IS[source]}
        importance = np.array([weights.get(Kind(kind), 1.0) for kind in stored["kinds"]])
        importance *= _IMPORTANCE[source]
        return Lesson(
            stored["features"].astype(np.float32),
            stored["truths"],
            importance.astype(np.float32),
        )


def _compute(analyzer: FaceAnalyzer, examples: Iterable[Example], path: Path) -> None:
    """Compute and cache the features of unaltered images, and of one variation of every example."""
    features: list[Array] = []
    truths: list[Array] = []
    kinds: list[str] = []
    for example in examples:
        face = analyzer.aligned(example.image, example.face, Edge.REPLICATED)
        name = f"{example.name} {example.kind}"
        faces = [varied(face, np.random.default_rng([zlib.crc32(name.encode())]))]
        if example.kind is Kind.NOTHING:
            faces.append(face)
        for shown in faces:
            features.append(analyzer.bands(shown))
            truths.append(example.truths)
            kinds.append(example.kind)
        if len(features) % 1000 < len(faces):
            print(f"{len(features):,} faces", file=sys.stderr)
    with path.open("wb") as file:
        np.savez(
            file,
            features=np.array(features, np.float16),
            truths=np.array(truths, np.float32),
            kinds=np.array(kinds),
        )


if __name__ == "__main__":
    sys.exit(main())
