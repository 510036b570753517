"""Log lines are JSON and hold no secrets."""

from __future__ import annotations

import json
import logging
import sys

from local.logs import JsonFormatter


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
