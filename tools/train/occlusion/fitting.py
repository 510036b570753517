"""Logistic regressions of several truths on the same features, with numpy alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

PENALTY = 0.4
"""Weight of half the squared norm relative to the mean loss. Of 0.1, 0.4 and 1 it was best on fold
1 when only fold 3 was fitted, and on a third of two thirds of the mask images."""

STEPS = 150
_LEAST_SPREAD = 0.05
_POWER_STEPS = 10
_CURVATURE = 0.25
"""The greatest second derivative of the logistic loss."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """The data of a fit.

    Attributes:
        features: float32, (n, d).
        truths: float32, (n, k): 0, 1, or nan if not known.
        importance: float32, (n,).
    """

    features: Array
    truths: Array
    importance: Array


def fit(lesson: Lesson, *, penalty: float = PENALTY, steps: int = STEPS) -> tuple[Array, Array]:
    """Weights, (d, k), and bias, (k,), for the unscaled features.

    In each column, the examples of either truth have half of the total weight, however rare they
    are. The features are standardised for the fit, and the loss is minimised by Nesterov's
    accelerated gradient ("A method for unconstrained convex minimization problem with the rate of
    convergence O(1/k²)", 1983).
    """
    mean = lesson.features.mean(axis=0)
    spread = lesson.features.std(axis=0) + _LEAST_SPREAD
    features = (lesson.features - mean) / spread
    weights, bias = _descend(
        features, np.nan_to_num(lesson.truths), _shares(lesson), penalty, steps
    )
    weights = weights / spread[:, np.newaxis]
    return weights, bias - mean @ weights


def _descend(
    features: Array, truths: Array, shares: Array, penalty: float, steps: int
) -> tuple[Array, Array]:
    lengths = (_CURVATURE * (_curvature(features, shares) * 1.1 + 1) + penalty).astype(np.float32)
    weights = np.zeros((features.shape[1], truths.shape[1]), np.float32)
    bias = np.zeros(truths.shape[1], np.float32)
    ahead, bias_ahead, momentum = weights, bias, 1.0
    for _ in range(steps):
        errors = shares * (1 / (1 + np.exp(-(features @ ahead + bias_ahead))) - truths)
        next_weights = ahead - (features.T @ errors + penalty * ahead) / lengths
        next_bias = bias_ahead - errors.sum(axis=0) / lengths
        next_momentum = (1 + math.sqrt(1 + 4 * momentum**2)) / 2
        share = np.float32((momentum - 1) / next_momentum)
        ahead = next_weights + share * (next_weights - weights)
        bias_ahead = next_bias + share * (next_bias - bias)
        weights, bias, momentum = next_weights, next_bias, next_momentum
    return weights, bias


def _curvature(features: Array, shares: Array) -> Array:
    """The greatest eigenvalue of each column's weighted covariance, by power iteration."""
    lot = np.random.default_rng(0)
    vectors = lot.normal(size=(features.shape[1], shares.shape[1])).astype(np.float32)
    largest = np.ones(shares.shape[1], np.float32)
    for _ in range(_POWER_STEPS):
        vectors = features.T @ (shares * (features @ vectors))
        largest = np.linalg.norm(vectors, axis=0)
        vectors = vectors / largest
    return largest


def _shares(lesson: Lesson) -> Array:
    """The weight of each example in each column: the examples of either truth sum to a half."""
    shares = np.zeros_like(lesson.truths)
    for truth in (0, 1):
        chosen = np.where(lesson.truths == truth, lesson.importance[:, np.newaxis], 0)
        shares += 0.5 * chosen / np.maximum(chosen.sum(axis=0), 1e-9)
    return shares
