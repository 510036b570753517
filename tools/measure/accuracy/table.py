"""Tables of figures in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of one measurement.

    Attributes:
        title: what was measured, and on which data.
        columns: the names of the columns.
        rows: the figures; None where there is no figure.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def __str__(self) -> str:
        """The table in Markdown, aligned."""
        texts = [list(self.columns)] + [[_text(cell) for cell in row] for row in self.rows]
        widths = [max(len(text) for text in column) for column in zip(*texts, strict=True)]
        lines = [
            "| " + " | ".join(text.ljust(w) for text, w in zip(row, widths, strict=True)) + " |"
            for row in texts
        ]
        rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
        return "\n".join([f"**{self.title}**", "", lines[0], rule, *lines[1:]])


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def proportion(part: int, whole: int) -> str:
    """A share in percent with its 95 % interval (Wilson, 1927); a dash if there are no cases."""
    if whole == 0:
        return "-"
    z = 1.96
    share = part / whole
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    reach = z / (1 + z * z / whole)
    reach *= (share * (1 - share) / whole + z * z / (4 * whole * whole)) ** 0.5
    low, high = max(0.0, middle - reach), min(1.0, middle + reach)
    return f"{100 * share:.2f} % ({100 * low:.2f} to {100 * high:.2f})"
