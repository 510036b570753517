"""A small fuzzer guided by coverage: inputs that reach new lines are kept and changed further.

Coverage is of Python lines below `shared/`, in the order in which they follow each other. Libraries
that are written in C have fuzzers of their own; what is looked for here is our reading of markers,
chunks, bodies and parameters.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

_SERVICE = str(Path(__file__).resolve().parents[2] / "shared")
_INTERESTING = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
)
_LONGEST = 20_000

Entry = Callable[[bytes], object]


class Fuzzer:
    """Fuzzes one entry.

    Args:
        entry: reads bytes; every exception but `documented` is a finding.
        documented: exceptions that are answers.
        seeds: valid inputs.
        tokens: pieces that mean something in the format.
    """

    def __init__(
        self,
        entry: Entry,
        documented: tuple[type[Exception], ...],
        seeds: Sequence[bytes],
        tokens: Sequence[bytes] = (),
        *,
        seed: int = 1,
    ) -> None:
        self._entry = entry
        self._documented = documented
        self._tokens = (*_INTERESTING, *tokens)
        self._random = np.random.default_rng(seed)
        self._seen: set[tuple[str, int, int]] = set()
        self.corpus: list[bytes] = []
        for one in seeds:
            self._try(one)
        if not self.corpus:
            raise ValueError("No seed reaches any line.")

    def run(self, rounds: int) -> int:
        """Try so many changed inputs.

        Returns:
            How many of them reached new lines.

        Raises:
            AssertionError: an input raised what is not documented; it has the input.
        """
        before = len(self.corpus)
        for _ in range(rounds):
            self._try(self._changed(self.corpus[int(self._random.integers(0, len(self.corpus)))]))
        return len(self.corpus) - before

    def _try(self, content: bytes) -> None:
        reached: set[tuple[str, int, int]] = set()

        def local(frame: FrameType, event: str, argument: Any) -> Any:
            if event == "line":
                line = frame.f_lineno
                reached.add((frame.f_code.co_filename, last.get(id(frame), 0), line))
                last[id(frame)] = line
            return local

        def trace(frame: FrameType, event: str, argument: Any) -> Any:
            return local if frame.f_code.co_filename.startswith(_SERVICE) else None

        last: dict[int, int] = {}
        previous = sys.gettrace()
        sys.settrace(trace)
        try:
            self._entry(content)
        except self._documented:
            pass
        except Exception as error:
            raise AssertionError(f"{error!r} came of {content[:2_000]!r}") from error
        finally:
            sys.settrace(previous)
        if not reached <= self._seen:
            self._seen |= reached
            self.corpus.append(content)

    def _changed(self, content: bytes) -> bytes:
        """The input after one to four changes."""
        changed = bytearray(content)
        for _ in range(int(self._random.integers(1, 5))):
            at = int(self._random.integers(0, len(changed) + 1))
            kind = int(self._random.integers(0, 6))
            if kind == 0 and at < len(changed):
                changed[at] ^= 1 << int(self._random.integers(0, 8))
            elif kind == 1:
                token = self._tokens[int(self._random.integers(0, len(self._tokens)))]
                changed[at : at + len(token)] = token
            elif kind == 2:
                token = self._tokens[int(self._random.integers(0, len(self._tokens)))]
                changed[at:at] = token
            elif kind == 3:
                del changed[at : at + int(self._random.integers(1, 64))]
            elif kind == 4:
                other = self.corpus[int(self._random.integers(0, len(self.corpus)))]
                start = int(self._random.integers(0, len(other) + 1))
                changed[at:at] = other[start : start + int(self._random.integers(1, 200))]
            else:
                part = changed[at : at + int(self._random.integers(1, 64))]
                changed[at:at] = part * int(self._random.integers(1, 4))
        return bytes(changed[:_LONGEST])
