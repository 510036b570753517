"""On Azure the text of a log line includes its extra members."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from functions.log_facts import RecordWithFacts, show_facts


@pytest.fixture(autouse=True)
def usual_records() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(before)


def test_on_azure_a_line_ends_in_its_facts(caplog: pytest.LogCaptureFixture) -> None:
    show_facts({"WEBSITE_SITE_NAME": "func-x"})
    with caplog.at_level(logging.INFO):
        logging.getLogger("shared.x").info("trained %s", "it", extra={"faces": 3})
        logging.getLogger("shared.x").info("swept")
    assert caplog.messages == ['trained it {"faces": 3}', "swept"]


def test_what_others_attach_to_their_lines_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    show_facts({"WEBSITE_SITE_NAME": "func-x"})
    logging.getLogger("azure.core").warning("sent", extra={"header": "secret"})
    assert caplog.messages == ["sent"]


def test_elsewhere_lines_stay_as_they_are() -> None:
    before = logging.getLogRecordFactory()
    show_facts({})
    assert logging.getLogRecordFactory() is before is not RecordWithFacts
