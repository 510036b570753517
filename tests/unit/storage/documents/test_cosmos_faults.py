"""The errors that callers get for each fault of Cosmos DB."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from azure.identity import CredentialUnavailableError

from shared.domain.errors import DocumentExists, Throttled, Unavailable
from shared.storage.documents.cosmos.charges import OperationCharge
from shared.storage.documents.cosmos.connection import CosmosConnection
from shared.storage.documents.cosmos.faults import cosmos_faults
from shared.storage.documents.cosmos.store import CosmosDocumentStore, Patience
from shared.storage.documents.store import Create, DocumentContainer, Key
from shared.storage.layout import ContainerSpec
from tests.cosmos_server.faults import Broken, Fault
from tests.cosmos_server.messages import READ_CHARGE, WRITE_CHARGE
from tests.cosmos_server.server import CosmosServer

SPEC = ContainerSpec("documents")
PATIENT = Patience(retries=1, throttle_retries=2, throttle_seconds=5)
IMPATIENT = replace(PATIENT, read_seconds=0.4)
ONE = Key("p", "one")
FOR_EVER = 1_000

Call = Callable[[DocumentContainer], object]
READS: dict[str, Call] = {
    "get": lambda container: container.get(ONE),
    "get_many": lambda container: container.get_many(
        [ONE, *(Key(name, "other") for name in "qrst")]
    ),
    "page": lambda container: container.page("p"),
    "count": lambda container: container.count("p"),
    "changes_since": lambda container: container.changes_since("p", None),
    "partitions": lambda container: container.partitions(),
}
WRITES: dict[str, Call] = {
    "create": lambda container: container.create(Key("p", "new"), {}),
    "create_many": lambda container: container.create_many(
        [(Key("p", "new"), {}), (Key("q", "new"), {})]
    ),
    "replace": lambda container: container.replace(ONE, {"n": 2}),
    "increment": lambda container: container.increment(ONE, "n", 1),
    "delete": lambda container: container.delete(ONE),
    "batch": lambda container: container.batch("p", [Create("new", {})]),
}
CALLS = READS | WRITES
_numbers = itertools.count()


@pytest.fixture(scope="module")
def running() -> Iterator[CosmosServer]:
    with CosmosServer() as server:
        yield server


@pytest.fixture
def server(running: CosmosServer) -> Iterator[CosmosServer]:
    """A server with one document and no faults."""
    running.account.databases.clear()
    yield running
    running.faults.clear()


@pytest.fixture
def connection(server: CosmosServer) -> CosmosConnection:
    """A database of this test: a request of another test may be carried out late."""
    return CosmosConnection(server.url, f"database-{next(_numbers)}", server.key)


@pytest.fixture
def charges() -> list[OperationCharge]:
    return []


@pytest.fixture
def container(
    connection: CosmosConnection, charges: list[OperationCharge]
) -> Iterator[DocumentContainer]:
    store = CosmosDocumentStore(connection, patience=PATIENT, record=charges.append)
    container = store.container(SPEC)
    container.create(ONE, {"n": 1})
    container.count("p")  # the SDK has cached the container's properties
    charges.clear()
    yield container
    store.close()


def throttled(times: int, milliseconds: int = 20) -> Fault:
    return Fault(429, {"x-ms-retry-after-ms": str(milliseconds)}, times=times)


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_is_throttled_briefly_succeeds(
    server: CosmosServer, container: DocumentContainer, name: str
) -> None:
    server.faults.inject(throttled(times=2))

    CALLS[name](container)

    assert server.faults.take("GET") is None  # both have happened


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_stays_throttled_says_so(
    server: CosmosServer, container: DocumentContainer, name: str
) -> None:
    server.faults.inject(throttled(times=FOR_EVER))

    with pytest.raises(Throttled) as caught:
        CALLS[name](container)

    assert caught.value.retry_after == 1


def test_the_callers_wait_is_the_requested_one_in_whole_seconds(
    server: CosmosServer, container: DocumentContainer
) -> None:
    server.faults.inject(throttled(times=2))
    server.faults.inject(throttled(times=1, milliseconds=2_100))

    with pytest.raises(Throttled) as caught:
        container.get(ONE)

    assert caught.value.retry_after == 3


@pytest.mark.parametrize("status", [408, 410, 449, 500, 503])
@pytest.mark.parametrize("name", ["get", "page", "create", "batch"])
def test_a_passing_failure_of_the_service_is_unavailable(
    server: CosmosServer, container: DocumentContainer, name: str, status: int
) -> None:
    server.faults.inject(Fault(status, times=FOR_EVER))

    with pytest.raises(Unavailable) as caught:
        CALLS[name](container)

    assert not isinstance(caught.value, Throttled)
    assert "Injected" not in caught.value.message


def test_an_increment_that_meets_others_is_tried_again_and_counts_once(
    server: CosmosServer, container: DocumentContainer, charges: list[OperationCharge]
) -> None:
    server.faults.inject(Fault(449, times=3))

    container.increment(ONE, "n", 5)

    found = container.get(ONE)
    assert found is not None
    assert found.body["n"] == 6
    assert charges[0].operation == "increment"


def test_an_increment_that_always_meets_others_is_unavailable(
    server: CosmosServer, container: DocumentContainer
) -> None:
    server.faults.inject(Fault(449, times=FOR_EVER, methods=frozenset({"PATCH"})))

    with pytest.raises(Unavailable):
        container.increment(ONE, "n", 5)

    found = container.get(ONE)
    assert found is not None
    assert found.body["n"] == 1


@pytest.mark.parametrize("name", CALLS)
def test_a_single_503_is_tried_again(
    server: CosmosServer, container: DocumentContainer, name: str
) -> None:
    server.faults.inject(Fault(503))

    CALLS[name](container)

    assert server.faults.take("GET") is None  # it has happened


@pytest.mark.parametrize("name", READS)
def test_a_read_survives_a_dropped_connection(
    server: CosmosServer, container: DocumentContainer, name: str
) -> None:
    expected = READS[name](container)
    server.faults.inject(Fault(broken=Broken.BEFORE))

    assert READS[name](container) == expected


@pytest.mark.parametrize("name", CALLS)
def test_a_call_whose_connections_all_drop_is_unavailable_and_the_next_one_succeeds(
    server: CosmosServer, container: DocumentContainer, name: str
) -> None:
    server.faults.inject(Fault(broken=Broken.BEFORE, times=FOR_EVER))
    with pytest.raises(Unavailable):
        CALLS[name](container)
    server.faults.clear()

    CALLS[name](container)


@pytest.mark.parametrize("name", ["get", "create"])
def test_an_answer_that_does_not_come_is_unavailable(
    server: CosmosServer, container: DocumentContainer, connection: CosmosConnection, name: str
) -> None:
    with closing(CosmosDocumentStore(connection, patience=IMPATIENT)) as store:
        impatient = store.container(SPEC)
        assert impatient.count("p") == container.count("p") == 1
        server.faults.inject(Fault(seconds=0.8, times=4))

        with pytest.raises(Unavailable):
            CALLS[name](impatient)


def test_a_write_whose_answer_is_lost_is_not_written_twice(
    server: CosmosServer, container: DocumentContainer
) -> None:
    key = Key("p", "new")
    server.faults.inject(Fault(broken=Broken.AFTER))

    with pytest.raises(Unavailable):
        container.create(key, {"n": 1})

    written = container.get(key)
    assert written is not None
    assert written.body == {"n": 1}
    with pytest.raises(DocumentExists):
        container.create(key, {"n": 2})


def test_an_identity_that_gets_no_token_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="gets no token") as caught, cosmos_faults(lambda _: None):
        raise CredentialUnavailableError("no managed identity answers")
    assert caught.value.retry_after == 30


def test_an_unreachable_account_is_unavailable(server: CosmosServer) -> None:
    with CosmosServer() as gone:
        connection = CosmosConnection(gone.url, key=gone.key)

    with pytest.raises(Unavailable):
        CosmosDocumentStore(connection, patience=IMPATIENT)


def test_every_operation_is_recorded_with_what_it_cost(
    container: DocumentContainer, charges: list[OperationCharge]
) -> None:
    container.get(ONE)
    container.get(Key("p", "absent"))
    container.replace(ONE, {"n": 2})
    with pytest.raises(DocumentExists):
        container.create(ONE, {})

    assert [
        (charge.operation, charge.container, charge.outcome, charge.request_units)
        for charge in charges
    ] == [
        ("get", SPEC.name, "done", READ_CHARGE),
        ("get", SPEC.name, "DocumentMissing", 1.0),
        ("replace", SPEC.name, "done", WRITE_CHARGE),
        ("create", SPEC.name, "DocumentExists", 1.0),
    ]
    assert all(charge.milliseconds > 0 for charge in charges)


def test_the_pages_of_one_call_are_charged_together(
    container: DocumentContainer, charges: list[OperationCharge]
) -> None:
    for start in (0, 100):
        container.batch("many", [Create(f"{start + n:03}", {}) for n in range(100)])
    charges.clear()

    assert len(container.page("many")) == 200

    (charge,) = charges
    assert charge.responses == 4, "the server gives 60 documents a page"
    assert charge.request_units == pytest.approx(4 * 2.75)
