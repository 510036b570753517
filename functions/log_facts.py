"""Adds the `extra` members of log records to their text on Azure, where the worker drops them."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_OURS = ("shared.", "functions.")
_ON_AZURE = "WEBSITE_SITE_NAME"


def facts_of(record: logging.LogRecord) -> dict[str, object]:
    """The `extra` members of a record."""
    return {name: fact for name, fact in vars(record).items() if name not in _STANDARD}


class RecordWithFacts(logging.LogRecord):
    """A record of this repository's loggers whose text ends with its `extra` members as JSON."""

    def getMessage(self) -> str:  # noqa: N802 - the name is logging's
        """The text, followed by the `extra` members."""
        text = super().getMessage()
        facts = facts_of(self)
        if not facts or not self.name.startswith(_OURS):
            return text
        return f"{text} {json.dumps(facts, default=str)}"


def show_facts(environment: Mapping[str, str]) -> None:
    """Add `extra` members to the text of all later log records, if this is Azure.

    The one-machine host writes them as members of its JSON lines instead.
    """
    if environment.get(_ON_AZURE):
        logging.setLogRecordFactory(RecordWithFacts)
