"""The alert on server errors reads the log line that the service writes on Azure."""

from __future__ import annotations

import json
import logging
import re

import pytest

from functions.log_facts import RecordWithFacts
from shared.api.access.keys import Authenticator, EnvironmentKeys
from shared.api.call import Call
from shared.api.dispatch import Dispatcher
from shared.api.http import Request
from shared.api.operations import Answer, Operation
from tests.infra.infrastructure import read_infrastructure

RULES = "Microsoft.Insights/scheduledQueryRules"
KEY = "0123456789abcdef"


def test_the_alert_finds_the_status_in_the_line_of_a_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(RecordWithFacts)

    def fail(call: Call) -> Answer:
        raise RuntimeError("a bug")

    operation = Operation("one", "POST", "one", "One.")
    dispatcher = Dispatcher(Authenticator(EnvironmentKeys({"FACE_KEYS": KEY})), lambda: "an-id")
    headers = {"ocp-apim-subscription-key": KEY}
    request = Request("POST", "http://x/face/v1.2/one", headers, {}, {"version": "v1.2"}, b"")
    try:
        response = dispatcher.handle(operation, fail, request)
    finally:
        logging.setLogRecordFactory(before)
    assert response.status == 500

    (query,) = (
        rule["properties"]["criteria"]["allOf"][0]["query"]
        for rule in read_infrastructure().deployments["default"].of_type(RULES)
        if rule["properties"]["displayName"] == "server-errors"
    )
    found = re.search(r'startswith "(.*?)" .*substring\(Message, (\d+)\)\)\.(\w+)\)', query)
    assert found is not None
    start, offset, member = found.groups()
    (line,) = (record.getMessage() for record in caplog.records if record.msg == "request")
    assert line.startswith(start)
    assert json.loads(line[int(offset) :])[member] == 500
