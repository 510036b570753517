"""`make` runs this with the machine's Python before anything else; it must run on old ones.

Prints nothing where a virtual environment can be made, else the one thing to install.
"""

from __future__ import annotations

import importlib.util
import sys

MINIMUM = (3, 11)


def problem(version: tuple[int, int], *, has_ensurepip: bool) -> str:
    """What to install, as one line; empty where nothing is missing."""
    if version >= MINIMUM and has_ensurepip:
        return ""
    name = "python{}.{}".format(*max(version, MINIMUM))
    return (
        f"Python 3.11 or newer with its venv module is needed: sudo apt-get install {name}-venv"
        f" (and PYTHON={name}, if python3 is another one)"
    )


if __name__ == "__main__":
    found = importlib.util.find_spec("ensurepip") is not None
    sys.stdout.write(problem(sys.version_info[:2], has_ensurepip=found))
