"""A stand-in for the Azure CLI: a program named ``az`` that plays what Azure answers."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_AZ = """#!/bin/sh
for argument in "$@"; do printf '%s\\n' "$argument"; done >"$STAGE/arguments"
printf '%s\\n' "$*" >>"$STAGE/calls"
for argument in "$@"; do
    file="${argument#@}"
    [ "$file" = "$argument" ] || { cat "$file" >>"$STAGE/files"; echo "$file" >"$STAGE/name"; }
done
. "$STAGE/answers"
"""


@dataclass
class AzureCli:
    """Runs shell scripts with a pretended ``az``.

    Attributes:
        folder: where the program and what it recorded are.
        answers: shell code by the words that a command has in this order; the first that fits is
            run. A list of codes is run one after another, the last one again and again. A command
            that nothing fits succeeds without an output.
        environment: variables of the scripts beside PATH.
    """

    folder: Path
    answers: dict[str, str | Sequence[str]] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(
        self,
        command: Sequence[str],
        variables: Mapping[str, str] | None = None,
        *,
        cwd: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a script to its end."""
        program = self.folder / "az"
        program.write_text(_AZ)
        program.chmod(0o755)
        (self.folder / "answers").write_text(self._answers())
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            list(command),
            cwd=cwd,
            env={"PATH": path, "STAGE": str(self.folder), **self.environment, **(variables or {})},
            capture_output=True,
            text=True,
        )

    @property
    def calls(self) -> list[str]:
        """The commands so far, without ``az``."""
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def _answers(self) -> str:
        cases = []
        for number, (words, answer) in enumerate(self.answers.items()):
            pattern = "*" + "*".join(shlex.quote(word) for word in words.split()) + "*"
            codes = [answer] if isinstance(answer, str) else list(answer)
            cases.append(f"{pattern})\n{_in_turn(number, codes)}\n;;")
        return 'case "$*" in\n' + "\n".join(cases) + "\nesac\n"


def _in_turn(number: int, codes: Sequence[str]) -> str:
    """Shell code that runs another of the codes each time."""
    counter = f'"$STAGE/turn-{number}"'
    steps = [f"turn=$(cat {counter} 2>/dev/null || echo 0)", f"echo $((turn + 1)) >{counter}"]
    branches = "\n".join(f"{turn})\n{code}\n;;" for turn, code in enumerate(codes[:-1]))
    return "\n".join([*steps, f"case $turn in\n{branches}\n*)\n{codes[-1]}\n;;\nesac"])
