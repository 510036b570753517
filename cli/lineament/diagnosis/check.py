"""The result of one check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a check found."""

    FINE = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """What was checked, and what is to be done.

    Attributes:
        remedy: what to do; empty where nothing is wrong.
    """

    name: str
    verdict: Verdict
    found: str
    remedy: str = ""
