"""Commands for operators that work in the checkout: `python -m tools.operate COMMAND …`.

They need no running service: export, import and re-enrol open the store that the environment names,
calibrate and cohort load the model. `lineament` does the same over HTTP.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

COMMANDS = {
    "calibrate": ("tools.operate.calibrate", "measures a model on labelled images"),
    "cohort": ("tools.operate.cohort", "makes a cohort for FACE_COHORT"),
    "export": ("tools.operate.export", "writes collections, persons and faces to a file"),
    "import": ("tools.operate.import_", "reads an exported file into a store"),
    "re-enrol": ("tools.operate.re_enrol", "enrols a group again, under another model"),
}
"""By name: the module whose ``main`` runs it, and what it does."""

_USAGE = 2


def main(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; 2 where there is no such command."""
    name, *rest = arguments or ("--help",)
    if name in COMMANDS:
        # Imported here, so that one command does not load what another needs.
        module = importlib.import_module(COMMANDS[name][0])
        code: int = module.main(rest)
        return code
    is_help = name in ("-h", "--help")
    text = "\n".join(
        [
            "usage: python -m tools.operate COMMAND …",
            "",
            *(f"  {command:10} {what}" for command, (_, what) in COMMANDS.items()),
        ]
    )
    print(text, file=sys.stdout if is_help else sys.stderr)
    return 0 if is_help else _USAGE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
