"""Pauses between the attempts of a write that competes with others for a document."""

from __future__ import annotations

import random
import time

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05
"""Seconds: the maximum before the first repetition doubles with each further one, up to the
last."""


def pause(attempt: int) -> None:
    """Wait before an attempt that is not the first (0), for a random time that grows."""
    if attempt:
        longest = min(_LONGEST_PAUSE, _SHORTEST_PAUSE * 2**attempt)
        time.sleep(random.uniform(0, longest))  # noqa: S311 - spreads attempts, not for security
