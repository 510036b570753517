"""Log lines of the local host, on stderr, without secrets: text for people or JSON for programs."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime

from functions.library_logs import quiet_libraries
from functions.log_facts import facts_of
from shared.settings.one_machine import AUTO, QUIET, TEXT

_SECRETS = re.compile(r"(\b(?:code|sig|AccountKey)=)[^&\s;\"'\\]+", re.IGNORECASE)


class JsonFormatter(logging.Formatter):
    """Formats time, level, logger, event, the members of `extra`, and a traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line.update(facts_of(record))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _SECRETS.sub(r"\1***", json.dumps(line, default=str, ensure_ascii=False))


class TextFormatter(logging.Formatter):
    """Formats one readable line: a request as time, method, path, status and milliseconds."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, and a traceback if any."""
        facts = facts_of(record)
        time = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S")
        if "method" in facts and "status" in facts:
            what = f"{facts['method']} {facts['path']} {facts['status']} {facts['ms']} ms"
        else:
            members = " ".join(f"{key}={value}" for key, value in facts.items())
            what = f"{record.getMessage()} {members}".rstrip()
        level = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
        line = f"{time} {level}{what}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return _SECRETS.sub(r"\1***", line)


def _is_not_repeated(record: logging.LogRecord) -> bool:
    """False for the service's own line of a request: the host's line has the same facts."""
    return not (record.name == "shared.api.dispatch" and record.msg == "request")


def configure_logging(style: str = AUTO) -> None:
    """Send every logger to stderr; the Azure SDKs from WARNING on: at INFO they log every URL.

    Args:
        style: one of `STYLES`; AUTO is text on a terminal and JSON elsewhere.
    """
    handler = logging.StreamHandler(sys.stderr)
    text = style in (TEXT, QUIET) or (style == AUTO and sys.stderr.isatty())
    handler.setFormatter(TextFormatter() if text else JsonFormatter())
    handler.addFilter(_is_not_repeated)
    level = logging.WARNING if style == QUIET else logging.INFO
    logging.basicConfig(level=level, handlers=[handler], force=True)
    quiet_libraries()
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
