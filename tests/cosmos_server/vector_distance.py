"""VectorDistance of the protocol server: cosine, exact, with the options that the service accepts.

https://learn.microsoft.com/cosmos-db/query/vectordistance
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping

_MULTIPLIER = range(1, 101)
_OPTIONS: Mapping[str, object] = {
    "distanceFunction": "cosine",
    "dataType": "float32",
    "searchListSizeMultiplier": _MULTIPLIER,
    "quantizedVectorListMultiplier": _MULTIPLIER,
}
"""Accepted options: the one value of this project's containers, or a range."""


def refused_option(brute_force: object, options: object) -> str | None:
    """The error of invalid third or fourth arguments; None if they are valid."""
    if not isinstance(brute_force, bool) or not isinstance(options, Mapping):
        return "VECTORDISTANCE takes two vectors, a boolean and an object."
    for name, value in options.items():
        known = _OPTIONS.get(name)
        if known is None or (value not in known if isinstance(known, range) else value != known):
            return f"VECTORDISTANCE with {name} {value!r} is not known."
    return None


def cosine(one: object, other: object) -> float | None:
    """Cosine similarity of two arrays of numbers, larger is nearer; None if they are not arrays."""
    if not isinstance(one, list) or not isinstance(other, list) or len(one) != len(other):
        return None
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(map(operator.mul, one, other)) / lengths if lengths else 0.0
