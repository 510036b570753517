"""Numbers of log lines on Azure: there the worker sends a line's text and drops its `extra`."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_OURS = ("shared.", "functions.")
_ON_AZURE = "WEBSITE_SITE_NAME"


class RecordWithFacts(logging.LogRecord):
    """A record whose text ends in what came in `extra`, as JSON; of our own loggers only."""

    def getMessage(self) -> str:  # noqa: N802 - the name is logging's
        """The text, and the facts behind it."""
        text = super().getMessage()
        facts = {name: fact for name, fact in vars(self).items() if name not in _STANDARD}
        if not facts or not self.name.startswith(_OURS):
            return text
        return f"{text} {json.dumps(facts, default=str)}"


def show_facts(environment: Mapping[str, str]) -> None:
    """Have every log line from now on say its facts, where this is Azure.

    The one-machine host writes `extra` as members of its JSON lines and needs none of this.
    """
    if environment.get(_ON_AZURE):
        logging.setLogRecordFactory(RecordWithFacts)
