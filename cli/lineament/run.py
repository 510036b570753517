"""Runs a command and turns what it raises into an exit code."""

from __future__ import annotations

import click

from lineament.enrolment.parallel import Interrupted
from lineament.errors import INTERRUPTED, REFUSED
from lineament.root import lineament
from lineament.text import complain


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code."""
    try:
        code = lineament.main(arguments, prog_name="lineament", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        complain(f"{place}{error.strerror or error}.")
        return REFUSED
    except UnicodeEncodeError:
        complain("A name that was given is not valid UTF-8.")
        return REFUSED
    except (click.Abort, Interrupted) as error:
        # Click's prompts abort without a cause: at "no", at the end of the input, and at Ctrl-C.
        asked = isinstance(error, click.Abort) and error.__cause__ is None
        unanswered = "Nothing was done: a question was not answered, or with no."
        complain(f"{unanswered if asked else 'Interrupted.'}")
        return INTERRUPTED
    return code if isinstance(code, int) else 0
