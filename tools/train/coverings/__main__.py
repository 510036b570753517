"""Train what sees masks, glasses and hats: `python -m tools.train.coverings`.

Writes shared/vision/attributes/coverings.npz. Photographs are those of folds 1 to 3 of Labeled
Faces in the Wild (see docs/data.md), which is for research use, as they are and with things drawn
on them.
Drawing takes some minutes the first time; the faces are kept under .build/accuracy.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.domain.face.attributes import Glasses
from shared.vision.analyzer import load_analyzer
from shared.vision.attributes.coverings import WEIGHTS_PATH, Weights, crop, features
from tools.measure.accuracy.embeddings import CACHE
from tools.train.coverings.examples import Kind, examples, photographs
from tools.train.coverings.training import Lesson, train

FOLDS = (1, 2, 3)

_AS_THEY_ARE = 4
"""How often each photograph on which nothing is drawn is shown: the others are many."""

_NUMBERS = {None: -1, Glasses.NONE: 0, Glasses.READING: 1, Glasses.SUN: 2}
_LARGEST_BYTE = 127


def main() -> int:
    """Train and write the weights; the exit code."""
    drawn = CACHE / "coverings.npz"
    if not drawn.exists():
        _draw(drawn)
    with np.load(drawn) as kept:
        crops, plain = kept["crops"], kept["plain"]
        truths, glasses = kept["truths"], kept["glasses"]
    rows = np.concatenate([np.repeat(np.flatnonzero(plain), _AS_THEY_ARE), np.flatnonzero(~plain)])
    print(f"training on {len(crops)} faces", file=sys.stderr)
    seen = np.array([features(face) for face in crops], np.float16)
    mirrored = np.array([features(face[:, ::-1]) for face in crops], np.float16)
    weights = train(Lesson(seen[rows], mirrored[rows], truths[rows], glasses[rows]))
    write(weights, WEIGHTS_PATH)
    print(f"{WEIGHTS_PATH}: {WEIGHTS_PATH.stat().st_size:,} bytes")
    return 0


def write(weights: Weights, path: Path) -> None:
    """Keep the weights; those of the hidden layer in a byte each."""
    scale = np.abs(weights.hidden).max(axis=0) / _LARGEST_BYTE
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            spread=weights.spread.astype(np.float16),
            hidden=np.round(weights.hidden / scale).astype(np.int8),
            hidden_scale=scale.astype(np.float32),
            hidden_bias=weights.hidden_bias.astype(np.float32),
            output=weights.output,
            output_bias=weights.output_bias,
        )


def _draw(path: Path) -> None:
    analyzer = load_analyzer()
    names = photographs(*FOLDS)
    print(f"drawing on {len(names)} photographs", file=sys.stderr)
    crops: list[NDArray[np.uint8]] = []
    plain, truths, glasses = [], [], []
    for example in examples(analyzer, names):
        crops.append(crop(example.image, example.face.points))
        plain.append(example.kind is Kind.NOTHING)
        truths.append(example.truths)
        glasses.append(_NUMBERS[example.glasses])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez(
            file,
            crops=np.array(crops),
            plain=np.array(plain),
            truths=np.array(truths),
            glasses=np.array(glasses),
        )


if __name__ == "__main__":
    sys.exit(main())
