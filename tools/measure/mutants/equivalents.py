"""The mutants that no test can detect, each with the reason: ``equivalents.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .mutations import Mutant

LIST = Path(__file__).with_name("equivalents.toml")


@dataclass(frozen=True)
class Equivalent:
    """Mutants that behave like the module."""

    module: str
    """The path of the module; empty: of any."""
    before: re.Pattern[str]
    after: re.Pattern[str]
    reason: str

    def covers(self, mutant: Mutant) -> bool:
        """Whether a mutant is one of these."""
        return (
            self.module in ("", str(mutant.module))
            and self.before.fullmatch(mutant.before) is not None
            and self.after.fullmatch(mutant.after) is not None
        )


def read_equivalents(path: Path = LIST) -> list[Equivalent]:
    """Read the list; ``before`` and ``after`` are texts, or patterns between slashes."""
    entries = tomllib.loads(path.read_text("utf-8"))["equivalent"]
    return [
        Equivalent(
            module=entry.get("module", ""),
            before=_pattern(entry["before"]),
            after=_pattern(entry.get("after", "/.*/")),
            reason=entry["reason"],
        )
        for entry in entries
    ]


def reason_for(mutant: Mutant, equivalents: Sequence[Equivalent]) -> str | None:
    """The reason why a mutant is equivalent; None if it is not."""
    return next((one.reason for one in equivalents if one.covers(mutant)), None)


def _pattern(text: str) -> re.Pattern[str]:
    if text.startswith("/") and text.endswith("/") and len(text) > 1:
        return re.compile(text[1:-1])
    return re.compile(re.escape(text))
