"""Results of benchmarks and their table."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Result(msgspec.Struct, frozen=True):
    """One figure.

    Attributes:
        name: unique, as in ``search_1m_p50_ms``.
        value: None if it could not be measured; ``how`` gives the reason.
        how: what was measured, in a few words.
    """

    name: str
    value: float | None
    unit: str
    how: str


def table(results: Sequence[Result]) -> str:
    """The results as aligned lines of text."""
    width = max((len(result.name) for result in results), default=0)
    lines = []
    for result in results:
        value = "-" if result.value is None else f"{result.value:.4g}"
        lines.append(f"{result.name:<{width}}  {value:>10} {result.unit:<10} {result.how}")
    return "\n".join(lines)
