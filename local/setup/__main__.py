"""`python3 -m local.setup run|models|python|test`: installs what that needs, into the checkout.

`make` runs it with the machine's Python. Steps that are done print nothing.
"""

from __future__ import annotations

import errno
import sys

from local.setup.lock import exclusive
from local.setup.registries import Unreachable
from local.setup.steps import ROOT, StepFailed, steps_for

_INTERRUPTED = 130


def main(target: str) -> int:
    """Carry out the steps of a target.

    Returns:
        The exit code: 0 where everything is installed, 1 after one line that says what to do.
    """
    try:
        steps = steps_for(target)
        if all(step.is_done() for step in steps):
            return 0
        with exclusive(ROOT / ".setup.lock", waiting=_say_waiting):
            for number, step in enumerate(steps, start=1):
                if not step.is_done():
                    _say(f"[{number}/{len(steps)}] {step.title}")
                    step.carry_out()
    except KeyboardInterrupt:
        _say("interrupted; the same command goes on where this one stopped")
        return _INTERRUPTED
    except (StepFailed, Unreachable) as error:
        _say(f"setup: {error}")
        return 1
    except OSError as error:
        _say(f"setup: {_explained(error)}")
        return 1
    return 0


def _explained(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f"the disk of {ROOT} is full; 700 MB are needed while installing"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{error.filename or ROOT} cannot be written by this user; own the checkout"
    return f"{error.strerror}: {error.filename or ROOT}"


def _say_waiting() -> None:
    _say("another installation runs in this checkout; waiting for it")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "run"))
