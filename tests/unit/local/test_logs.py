"""Log lines are JSON or readable text, one a request, and hold no secrets."""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import Any

import pytest

from local.logs import JsonFormatter, TextFormatter, configure_logging
from shared.settings.one_machine import JSON, QUIET, TEXT


def formatted(message: str, **extra: object) -> str:
    record = logging.makeLogRecord({"name": "n", "levelname": "INFO", "msg": message, **extra})
    return JsonFormatter().format(record)


def test_a_line_has_the_event_and_its_extra_members() -> None:
    line = json.loads(formatted("invocation", function="detect", ms=1.5))
    assert (line["event"], line["function"], line["ms"]) == ("invocation", "detect", 1.5)
    assert line["level"] == "info"


def test_keys_and_signatures_are_masked() -> None:
    line = formatted('GET "/a?code=c2VjcmV0&sig=c2VjcmV0" AccountKey=c2VjcmV0;x')
    assert "c2VjcmV0" not in line
    assert json.loads(line)["event"] == 'GET "/a?code=***&sig=***" AccountKey=***;x'


def test_status_codes_are_not_masked() -> None:
    assert "status_code=404" in formatted("status_code=404")


def test_a_traceback_is_logged() -> None:
    try:
        raise ValueError("boom")
    except ValueError:
        line = json.loads(formatted("failed", exc_info=sys.exc_info()))
    assert "ValueError: boom" in line["exception"]


REQUEST: dict[str, Any] = {
    "function": "detect",
    "method": "POST",
    "path": "/face/v1.2/detect",
    "status": 200,
    "requestId": "r",
    "outcome": "succeeded",
    "ms": 17.2,
}


def as_text(message: str, level: int = logging.INFO, **extra: object) -> str:
    values = {"name": "n", "levelno": level, "levelname": logging.getLevelName(level)}
    return TextFormatter().format(logging.makeLogRecord({**values, "msg": message, **extra}))


def test_a_request_is_one_readable_line_of_text() -> None:
    line = as_text("invocation", **REQUEST)
    assert re.fullmatch(r"\d\d:\d\d:\d\d POST /face/v1.2/detect 200 17.2 ms", line)


def test_other_lines_of_text_name_their_level_from_warning_on() -> None:
    assert as_text("stopping").endswith(" stopping")
    assert as_text("failed", logging.WARNING, requestId="r").endswith(
        " warning: failed requestId=r"
    )
    assert "code=***" in as_text("GET /a?code=c2VjcmV0")


@pytest.mark.parametrize(("style", "shown"), [(JSON, 2), (TEXT, 2), (QUIET, 1)])
def test_a_request_is_logged_once_and_quiet_shows_warnings_only(
    capsys: pytest.CaptureFixture[str], style: str, shown: int
) -> None:
    root = logging.getLogger()
    before = (root.level, root.handlers[:])
    try:
        configure_logging(style)
        logging.getLogger("shared.api.dispatch").info("request", extra={"status": 200})
        logging.getLogger("lineament.host").info("invocation", extra=REQUEST)
        logging.getLogger("lineament.host").warning("storage is slow")
    finally:
        logging.captureWarnings(capture=False)
        root.setLevel(before[0])
        root.handlers[:] = before[1]
    assert len(capsys.readouterr().err.splitlines()) == shown
