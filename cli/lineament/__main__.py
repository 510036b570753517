"""`lineament` and `python -m lineament`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with the code of the command.

    The modules are imported here: on a busy machine that takes seconds, in which Ctrl-C must end
    in one line as well.
    """
    try:
        from lineament.run import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("lineament: Interrupted.\n")
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
