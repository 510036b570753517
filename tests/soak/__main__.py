"""`make soak`: runs every subject, or those that SOAK names.

A subject is a module of this package with `run() -> Mapping[str, object]`: it raises AssertionError
where the service does not hold, and returns figures to print.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
from collections.abc import Sequence

import tests.soak


def subjects() -> list[str]:
    """The names of all subjects, in order."""
    return sorted(
        module.name for module in pkgutil.iter_modules(tests.soak.__path__) if module.name[0] != "_"
    )


def main(chosen: Sequence[str]) -> int:
    """Run subjects.

    Returns:
        The exit code: 1 if any of them failed, 2 for a name that is none.
    """
    unknown = set(chosen) - set(subjects())
    if unknown:
        print(f"No subject: {', '.join(sorted(unknown))}. There are {', '.join(subjects())}.")
        return 2
    failed = 0
    for name in chosen or subjects():
        started = time.monotonic()
        print(f"{name}: begins", flush=True)
        try:
            figures = importlib.import_module(f"tests.soak.{name}").run()
        except AssertionError as error:
            failed += 1
            print(f"{name}: FAILED: {error}", flush=True)
            continue
        for figure, value in figures.items():
            print(f"{name}: {figure}: {value}")
        print(f"{name}: ended after {time.monotonic() - started:.0f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
