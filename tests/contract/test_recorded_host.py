"""The one-machine host answers the recorded requests as Microsoft's Functions host did."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.contract.recorded_host.exchanges import APP, Answer, difference, recorded, send
from tests.contract.running_host import RunningHost
from tools.reference_data import WITHOUT_DATA, data_folder

pytestmark = pytest.mark.timeout(120)

ORIGINAL = data_folder() / "host" / "record.py"

LOWER_CASE = "httptools accepts methods in upper case only"
CHUNKED = "the host reads no body without Content-Length; this host reads it"

DIFFERENCES = {
    126: LOWER_CASE,
    127: LOWER_CASE,
    128: LOWER_CASE,
    129: LOWER_CASE,
    130: LOWER_CASE,
    217: CHUNKED,
    218: CHUNKED,
    219: "the chunk has no valid length: 400, because this host reads chunked bodies",
    221: "Transfer-Encoding beside Content-Length is answered 400",
    302: "HTTP/1.0 without Host is answered 400; the host fails with 500",
    306: "httptools accepts two blanks in a request line",
    307: "a target without a slash is answered 400 rather than 405",
    309: "httptools accepts no line ends without a carriage return",
}
"""Row of the recording: why the answer differs."""

NEVER_DIFFERENT = {"path", "route", "query", "header", "answer", "key"}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Answer]]:
    data = tmp_path_factory.mktemp("recorded")
    keys = {"master": "masterkey", "default": "functionkey", "blobs_extension": "blobskey"}
    (data / "host_keys.json").write_text(json.dumps(keys))
    with RunningHost(data, app=APP, HOST_APP_LOG=str(data / "app.log")) as host:
        url = urlsplit(host.url)
        address = (str(url.hostname), int(url.port or 0))
        yield [send(address, exchange.request) for exchange in recorded()]


def test_exactly_the_listed_rows_differ(answers: list[Answer]) -> None:
    found = {
        exchange.row: f"{exchange.kind} {exchange.line}{difference(exchange, answer)}"
        for exchange, answer in zip(recorded(), answers, strict=True)
        if exchange.answer != answer
    }
    lines = [f"{row} ({DIFFERENCES.get(row, 'NOT LISTED')}): {found[row]}" for row in found]
    summary = f"{len(answers)} exchanges, {len(found)} different"
    sys.stdout.write("\n".join(["", summary, *lines, ""]))
    unlisted = [text for row, text in found.items() if row not in DIFFERENCES]
    assert not unlisted, "\n".join(unlisted)
    assert set(found) == set(DIFFERENCES)


def test_no_row_that_a_client_can_depend_on_is_listed() -> None:
    assert {recorded()[row].kind for row in DIFFERENCES} & NEVER_DIFFERENT == set()


def test_the_copy_is_the_recording_with_the_requests_that_its_script_sends() -> None:
    if not ORIGINAL.is_file():
        pytest.skip(WITHOUT_DATA)
    spec = importlib.util.spec_from_file_location("record", ORIGINAL)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    sent = list(script.requests())
    assert [(one.kind, one.request) for one in recorded()] == sent
    original = json.loads(ORIGINAL.with_name("recorded.json").read_text("utf-8"))
    assert [one.answer for one in recorded()] == [row["answer"] for row in original]
