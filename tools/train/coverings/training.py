"""Training of the network that sees what covers a face, with numpy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.vision.attributes.coverings import FEATURES, Weights
from tools.train.coverings.examples import OUTPUTS

Array = NDArray[np.float32]

HIDDEN = 32
EPOCHS = 24
_BATCH = 128
_RATE = 1e-3
_DECAY = 0.1
_DROPPED = 0.4
_LEAST_SPREAD = 0.05
_KINDS_OF_GLASSES = 3
_STEADY, _STEADY_SQUARE, _TINY = 0.9, 0.999, 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What is taught.

    Attributes:
        seen: float16, (n, FEATURES).
        mirrored: the same faces seen in a mirror.
        truths: float32, (n, OUTPUTS), nan where not known.
        glasses: (n,), 0 none, 1 reading, 2 sun, -1 not known.
    """

    seen: NDArray[np.float16]
    mirrored: NDArray[np.float16]
    truths: Array
    glasses: NDArray[np.int64]


def train(lesson: Lesson, *, epochs: int = EPOCHS, seed: int = 0) -> Weights:
    """Fit by Adam (Kingma and Ba, 2015) with dropout and decaying weights.

    What is rare weighs more, by the root of how rare it is.
    """
    lot = np.random.default_rng(seed)
    seen = lesson.seen.astype(np.float32)
    mean, spread = seen.mean(0), seen.std(0) + _LEAST_SPREAD
    del seen
    parameters = [
        lot.normal(0, FEATURES**-0.5, (FEATURES, HIDDEN)).astype(np.float32),
        np.zeros(HIDDEN, np.float32),
        lot.normal(0, 0.1, (HIDDEN, OUTPUTS + _KINDS_OF_GLASSES)).astype(np.float32),
        np.zeros(OUTPUTS + _KINDS_OF_GLASSES, np.float32),
    ]
    means = [np.zeros_like(part) for part in parameters]
    squares = [np.zeros_like(part) for part in parameters]
    weigh = _Weighing(lesson)
    step = 0
    for epoch in range(epochs):
        order = lot.permutation(len(lesson.truths))
        rate = _RATE * 0.5 * (1 + np.cos(np.pi * epoch / epochs))
        for start in range(0, len(order) - _BATCH + 1, _BATCH):
            batch = order[start : start + _BATCH]
            flipped = lot.random(_BATCH)[:, None] < 0.5
            faces = np.where(flipped, lesson.mirrored[batch], lesson.seen[batch])
            inputs = (faces.astype(np.float32) - mean) / spread * _kept(lot, faces.shape)
            slopes = _slopes(parameters, inputs, lot, weigh, batch)
            step += 1
            for k, slope in enumerate(slopes):
                means[k] = _STEADY * means[k] + (1 - _STEADY) * slope
                squares[k] = _STEADY_SQUARE * squares[k] + (1 - _STEADY_SQUARE) * slope**2
                size = np.sqrt(squares[k] / (1 - _STEADY_SQUARE**step)) + _TINY
                change = means[k] / (1 - _STEADY**step) / size
                if parameters[k].ndim == 2:
                    change = change + _DECAY * parameters[k]
                parameters[k] = (parameters[k] - rate * change).astype(np.float32)
    hidden, bias, output, output_bias = parameters
    return Weights(spread, hidden, bias - (mean / spread) @ hidden, output, output_bias)


class _Weighing:
    """How far an answer is off, by what is known, with rare things weighing more."""

    def __init__(self, lesson: Lesson) -> None:
        self._truths, self._glasses = lesson.truths, lesson.glasses
        share = np.nanmean(lesson.truths, axis=0)
        self._rare = np.sqrt((1 - share) / share).astype(np.float32)
        counts = np.bincount(lesson.glasses[lesson.glasses >= 0], minlength=_KINDS_OF_GLASSES)
        self._kinds = np.sqrt(counts.sum() / _KINDS_OF_GLASSES / counts).astype(np.float32)

    def errors(self, logits: Array, batch: NDArray[np.int64]) -> Array:
        """The slope of the cross entropy by the logits."""
        truths = self._truths[batch]
        known = ~np.isnan(truths)
        wanted = np.where(known, truths, 0)
        single = 1 / (1 + np.exp(-logits[:, :OUTPUTS]))
        found = np.where(known, (single - wanted) * np.where(wanted > 0, self._rare, 1), 0)
        glasses = self._glasses[batch]
        kind = np.maximum(glasses, 0)
        shares = np.exp(logits[:, OUTPUTS:] - logits[:, OUTPUTS:].max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        weight = (glasses >= 0) * self._kinds[kind]
        others = (shares - np.eye(_KINDS_OF_GLASSES, dtype=np.float32)[kind]) * weight[:, None]
        both = np.concatenate([found, others], axis=1).astype(np.float32)
        return both / np.float32(_BATCH)


def _slopes(
    parameters: list[Array],
    inputs: Array,
    lot: np.random.Generator,
    weigh: _Weighing,
    batch: NDArray[np.int64],
) -> list[Array]:
    hidden, bias, output, output_bias = parameters
    before = inputs @ hidden + bias
    passed = (before > 0).astype(np.float32) * _kept(lot, before.shape)
    after = before * passed
    logits: Array = (after @ output + output_bias).astype(np.float32)
    errors = weigh.errors(logits, batch)
    behind = (errors @ output.T) * passed
    return [inputs.T @ behind, behind.sum(0), after.T @ errors, errors.sum(0)]


def _kept(lot: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Dropout: 0 for what is dropped, and the others grow in return."""
    kept = lot.random(shape, dtype=np.float32) > _DROPPED
    return kept.astype(np.float32) / np.float32(1 - _DROPPED)
