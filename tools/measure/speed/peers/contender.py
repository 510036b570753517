"""A contender: a process that analyses images, in rounds."""

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
"""Only the images are processed concurrently, whatever the program."""


ROUND_SECONDS = 180.0
"""A program that takes longer is killed, so that the others are measured."""


class Round(msgspec.Struct, frozen=True):
    """One pass over all images.

    Attributes:
        faces: number of faces found in each image.
        seconds: elapsed time.
        cpu_seconds: CPU time of all threads of the process.
    """

    faces: list[int]
    seconds: float
    cpu_seconds: float


class Contender:
    """A running program; `programs.rounds` describes the protocol.

    Args:
        python: the interpreter that runs it.
        program: a module of `tools.measure.speed.peers.programs`.
        images: paths.
        arguments: the program's further arguments.
        environment: additional environment variables.
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
        """Process all images once with that many threads.

        Raises:
            PeerUnavailable: the program ended, with its last line, or takes too long.
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
