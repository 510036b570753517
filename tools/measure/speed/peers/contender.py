"""A contender: a process that looks at photographs, in rounds."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import msgspec

from tools.measure.speed.peers.environments import PeerUnavailable, last_line
from tools.measure.speed.peers.programs.rounds import ANSWER

_ROOT = Path(__file__).resolve().parents[4]

_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
"""So that everybody's concurrency is that of the photographs."""


ROUND_SECONDS = 180.0
"""A program that takes longer is ended: none may keep the others waiting for ever."""


class Round(msgspec.Struct, frozen=True):
    """One look at all photographs.

    Attributes:
        faces: how many were found in each.
        seconds: on the clock.
        cpu_seconds: of all threads of the process.
    """

    faces: list[int]
    seconds: float
    cpu_seconds: float


class Contender:
    """A running program; see `programs.rounds` for the conversation.

    Args:
        python: the interpreter that it runs under.
        program: a module of `tools.measure.speed.peers.programs`.
        photographs: paths.
        arguments: what else the program takes.
        environment: variables beside our own.
    """

    def __init__(
        self,
        python: Path,
        program: str,
        images: Sequence[Path],
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        names = json.dumps([str(path) for path in images])
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - see close
        self._process = subprocess.Popen(  # noqa: S603 - our own programs
            [str(python), "-m", f"{__package__}.programs.{program}", names, *arguments],
            cwd=_ROOT,
            env={**os.environ, **_ONE_THREAD, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def round(self, threads: int) -> Round:
        """Look at all photographs once with so many threads.

        Raises:
            PeerUnavailable: the program ended, with its last words, or takes too long.
        """
        patience = threading.Timer(ROUND_SECONDS, self._process.kill)
        patience.start()
        try:
            return self._answer(threads)
        finally:
            patience.cancel()

    def _answer(self, threads: int) -> Round:
        asked, answers = self._process.stdin, self._process.stdout
        if asked is None or answers is None:
            raise ValueError("The program was started without pipes.")
        try:
            asked.write(f"{threads}\n")
            asked.flush()
        except BrokenPipeError as error:
            raise PeerUnavailable(self._last_words()) from error
        for line in answers:
            if line.startswith(ANSWER):
                return msgspec.json.decode(line.removeprefix(ANSWER), type=Round)
        raise PeerUnavailable(self._last_words())

    def _last_words(self) -> str:
        if self._process.wait() < 0:
            return f"does not run: ended by signal {-self._process.returncode}"
        self._errors.seek(0)
        return f"does not run: {last_line(self._errors.read())}"

    def close(self) -> None:
        """End the program."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def __enter__(self) -> Contender:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the program."""
        self.close()
