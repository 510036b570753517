"""What a process and its children do, as strace reports it from outside."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_CALLS = "connect,sendto,sendmsg,sendmmsg,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2"
_SENDING = re.compile(r"\b(?:connect|sendto|sendmsg|sendmmsg)\(")
_INTERNET = re.compile(r'sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)')
_INTERNET_6 = re.compile(r'sin6_port=htons\((\d+)\).*?inet_pton\(AF_INET6, "([^"]+)"')
_NAMING = re.compile(r"\b(?:mkdir|mkdirat|creat|rename|renameat|renameat2)\(")
_OPENING = re.compile(r"\bopen(?:at)?\(")
_PATH = re.compile(r'(?:<([^>]*)>, )?"([^"]+)"')
"""A path, and the folder that it is relative to where the call names one."""
_UNFINISHED = "<unfinished ...>"
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>")
_WRITING = ("O_WRONLY", "O_RDWR", "O_CREAT")


@dataclass(frozen=True, slots=True)
class SystemCalls:
    """A recording.

    Args:
        file: what strace writes.
    """

    file: Path

    @property
    def command(self) -> tuple[str, ...]:
        """The prefix that records the command behind it; the command keeps its process id."""
        options = ("-D", "-f", "-qq", "-y", "--seccomp-bpf", "-s", "512")
        return ("strace", *options, "-e", f"trace={_CALLS}", "-o", str(self.file))

    def destinations(self) -> set[tuple[str, int]]:
        """Every internet address and port that anything was sent to or connected to."""
        found: set[tuple[str, int]] = set()
        for line in self._lines():
            if _SENDING.search(line):
                for port, address in (*_INTERNET.findall(line), *_INTERNET_6.findall(line)):
                    found.add((address, int(port)))
        return found

    def written(self, working_directory: Path) -> set[Path]:
        """Every path that was opened for writing, made, or renamed."""
        found: set[Path] = set()
        for line in self._lines():
            opens = _OPENING.search(line) and any(flag in line for flag in _WRITING)
            if (opens or _NAMING.search(line)) and " = -1 " not in line:
                found |= {working_directory / folder / name for folder, name in _PATH.findall(line)}
        return {path.resolve() for path in found}

    def _lines(self) -> Iterator[str]:
        """A line for each call; strace splits those that other threads interrupt."""
        begun: dict[str, str] = {}
        for line in self.file.read_text("utf-8", "replace").splitlines():
            process, _, text = line.partition(" ")
            if text.endswith(_UNFINISHED):
                begun[process] = text.removesuffix(_UNFINISHED)
            elif (resumed := _RESUMED.search(text)) is not None:
                yield begun.pop(process, "") + text[resumed.end() :]
            else:
                yield text
        yield from begun.values()


def why_unobservable(folder: Path) -> str | None:
    """Why system calls cannot be recorded on this machine; None where they can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    trial = SystemCalls(folder / "trial")
    done = subprocess.run([*trial.command, "true"], capture_output=True, text=True)
    if done.returncode != 0 or not trial.file.exists():
        return f"strace may not trace here: {done.stderr.strip()[:200]}"
    return None
