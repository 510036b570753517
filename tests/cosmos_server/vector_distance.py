"""What the stand-in knows of VectorDistance: cosine, exact, and which options the service takes.

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
"""What may be asked: the one value of this project's containers, or from what to what."""


def refused_option(brute_force: object, options: object) -> str | None:
    """What the service would refuse of the third and the fourth argument; None: nothing."""
    if not isinstance(brute_force, bool) or not isinstance(options, Mapping):
        return "VECTORDISTANCE takes two vectors, a boolean and an object."
    for name, value in options.items():
        known = _OPTIONS.get(name)
        if known is None or (value not in known if isinstance(known, range) else value != known):
            return f"VECTORDISTANCE with {name} {value!r} is not known."
    return None


def cosine(one: object, other: object) -> float | None:
    """Cosine similarity of two arrays of numbers, larger is nearer; None: they are none."""
    if not isinstance(one, list) or not isinstance(other, list) or len(one) != len(other):
        return None
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(map(operator.mul, one, other)) / lengths if lengths else 0.0
