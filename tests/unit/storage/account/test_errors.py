"""Translation of Azure's errors: the SDK against a server that responds with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from azure.core.exceptions import AzureError, HttpResponseError
from azure.identity import CredentialUnavailableError
from azure.storage.blob import BlobServiceClient, LinearRetry

from shared.domain.errors import LineamentError, Throttled, Unavailable
from shared.storage.account.azure_blobs import AzureBlobStore
from shared.storage.account.errors import storage_faults

_KEY = "a2V5"

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def blobs_that_answer(answer: Answer, retries: int = 0) -> Iterator[AzureBlobStore]:
    """A blob store whose every request gets that response; retries follow at once."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def do_DELETE(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/account"
        credential = {"account_name": "account", "account_key": _KEY}
        policy = LinearRetry(backoff=0, retry_total=retries, random_jitter_range=0)
        try:
            with BlobServiceClient(
                address, credential, retry_policy=policy, read_timeout=30
            ) as service:
                yield AzureBlobStore(service)
        finally:
            server.shutdown()
            thread.join()


def status(code: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, text in headers.items():
            handler.send_header(name.replace("_", "-"), text)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def half_a_body(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.send_header("Content-Range", "bytes 0-99/100")
    handler.end_headers()
    handler.wfile.write(b"half")


def no_answer(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


@pytest.mark.parametrize("code", [408, 500, 502, 503, 504])
def test_a_fault_of_the_service_is_unavailable_with_its_cause(code: int) -> None:
    with blobs_that_answer(status(code)) as store, pytest.raises(Unavailable) as caught:
        store.read("c", "one")

    assert type(caught.value) is Unavailable
    assert isinstance(caught.value.__cause__, AzureError)
    assert caught.value.retry_after == 1


def test_too_many_requests_are_throttled() -> None:
    with blobs_that_answer(status(429)) as store, pytest.raises(Throttled) as caught:
        store.read("c", "one")

    assert caught.value.retry_after == 1


@pytest.mark.parametrize(("code", "error"), [(429, Throttled), (503, Unavailable)])
def test_the_wait_that_the_service_asks_for_is_passed_on(
    code: int, error: type[Unavailable]
) -> None:
    with blobs_that_answer(status(code, Retry_After="7")) as store, pytest.raises(error) as caught:
        store.read("c", "one")

    assert caught.value.retry_after == 7


@pytest.mark.parametrize("answer", [half_a_body, no_answer])
def test_a_connection_that_breaks_is_unavailable(answer: Answer) -> None:
    with blobs_that_answer(answer) as store, pytest.raises(Unavailable):
        store.read("c", "one")


@pytest.mark.parametrize("code", [401, 403])
def test_denied_access_is_unavailable_until_the_operator_restores_it(code: int) -> None:
    with blobs_that_answer(status(code)) as store, pytest.raises(Unavailable) as caught:
        store.read("c", "one")

    assert caught.value.message.startswith("Storage denies access to this service.")
    assert caught.value.retry_after == 30


def test_an_identity_that_gets_no_token_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="denies access"), storage_faults():
        raise CredentialUnavailableError("no managed identity answers")


@pytest.mark.parametrize("code", [409, 412])
def test_a_lease_or_policy_in_the_way_is_unavailable(code: int) -> None:
    with blobs_that_answer(status(code)) as store, pytest.raises(Unavailable, match="a lease"):
        store.delete("c", "one")


def test_a_request_that_storage_rejects_as_such_is_an_error_of_the_service() -> None:
    with blobs_that_answer(status(400)) as store, pytest.raises(LineamentError) as caught:
        store.read("c", "one")

    assert type(caught.value) is LineamentError
    assert isinstance(caught.value.__cause__, HttpResponseError)


def first_broken(answer: Answer) -> Answer:
    """A server that breaks the first connection."""
    broken: list[bool] = []

    def respond(handler: BaseHTTPRequestHandler) -> None:
        if broken:
            answer(handler)
        else:
            broken.append(True)
            no_answer(handler)

    return respond


def an_empty_listing(handler: BaseHTTPRequestHandler) -> None:
    body = b'<?xml version="1.0"?><EnumerationResults><Blobs/><NextMarker/></EnumerationResults>'
    handler.send_response(200)
    handler.send_header("Content-Type", "application/xml")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def test_a_listing_whose_first_connection_broke_has_the_time_of_its_answer() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    with blobs_that_answer(first_broken(an_empty_listing), retries=2) as store:
        assert store.page("c", top=10).answered >= before
