"""The protocol server rejects what Cosmos DB rejects, and what it does not implement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from azure.cosmos import ContainerProxy, CosmosClient, PartitionKey
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError

from tests.cosmos_server.account import RANGES, partition_hash
from tests.cosmos_server.server import CosmosServer
from tests.cosmos_server.sql import UnsupportedQuery, parse

ITEMS: list[dict[str, Any]] = [
    {"id": "a", "n": 1, "vector": [1.0, 0.0]},
    {"id": "b", "n": 2, "vector": [0.6, 0.8]},
    {"id": "c", "n": "2", "vector": [-1.0, 0.0]},
    {"id": "d", "deep": {"odd name": True}},
]


@pytest.fixture(scope="module")
def server() -> Iterator[CosmosServer]:
    with CosmosServer() as server:
        yield server


@pytest.fixture(scope="module")
def container(server: CosmosServer) -> Iterator[ContainerProxy]:
    with CosmosClient(server.url, server.key) as client:
        database = client.create_database("stand-in")
        yield database.create_container("items", PartitionKey("/pk"), default_ttl=-1)


def ids(query: str, **parameters: object) -> list[object]:
    found = parse(query, {f"@{name}": value for name, value in parameters.items()}).run(ITEMS)
    return [item["id"] if isinstance(item, dict) else item for item in found]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * FROM c", ["a", "b", "c", "d"]),
        ("SELECT c.id FROM c WHERE c.n = 2", ["b"]),
        ("SELECT * FROM c WHERE c.n != 1", ["b"]),
        ("SELECT * FROM c WHERE NOT c.n = 1", ["b"]),
        ("SELECT * FROM c WHERE c.id >= 'b' AND c.id < 'd'", ["b", "c"]),
        ("SELECT * FROM c WHERE (c.n = 1 OR c.id = 'd') AND c.id IN ('a', 'd', 'z')", ["a", "d"]),
        ("SELECT * FROM c WHERE IS_DEFINED(c.n) = false", ["d"]),
        ('SELECT * FROM c WHERE c.deep["odd name"]', ["d"]),
        ("SELECT * FROM c WHERE STARTSWITH(c.n, '2')", ["c"]),
        ("SELECT TOP 2 c.id FROM c ORDER BY c.id DESC", ["d", "c"]),
        ("SELECT c.id FROM c ORDER BY c.id OFFSET 1 LIMIT 2", ["b", "c"]),
        ("SELECT VALUE COUNT(1) FROM c WHERE c.id > 'a'", [3]),
    ],
)
def test_queries_of_the_subset_are_answered(query: str, expected: list[object]) -> None:
    assert ids(query) == expected


def test_vector_distance_is_exact_cosine_and_the_nearest_comes_first() -> None:
    query = (
        "SELECT TOP 3 c.id, VectorDistance(c.vector, @v) AS score FROM c WHERE IS_DEFINED(c.vector)"
        " ORDER BY VectorDistance(c.vector, @v)"
    )

    found = parse(query, {"@v": [2.0, 0.0]}).run(ITEMS)

    assert found == [
        {"id": "a", "score": 1.0},
        {"id": "b", "score": pytest.approx(0.6)},
        {"id": "c", "score": -1.0},
    ]


def test_options_of_a_vector_distance_change_nothing_about_its_exactness() -> None:
    query = (
        "SELECT TOP 2 c.id FROM c WHERE IS_DEFINED(c.vector)"
        " ORDER BY VectorDistance(c.vector, @v, false, {'searchListSizeMultiplier': 20})"
    )

    assert ids(query, v=[-2.0, 0.1]) == ["c", "b"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM c JOIN f IN c.faces",
        "SELECT c.id FROM c GROUP BY c.id",
        "SELECT DISTINCT c.id FROM c",
        "SELECT VALUE SUM(c.n) FROM c",
        "SELECT * FROM c WHERE c.id LIKE 'a%'",
        "SELECT * FROM c WHERE UPPER(c.id) = 'A'",
        "SELECT * FROM c WHERE c.id = @missing",
        "SELECT c.id, VectorDistance(c.vector, c.vector) AS score FROM c",
        "SELECT TOP 1 c.id FROM c ORDER BY VectorDistance(c.vector, c.vector, 1, {})",
        "SELECT TOP 1 c.id FROM c ORDER BY VectorDistance(c.vector, c.vector, false, {'k': 1})",
        "SELECT TOP 1 c.id FROM c ORDER BY VectorDistance(c.n, c.n, false, {'dataType': 'int8'})",
        "SELECT * FROM c; DROP",
        "SELECT * FROM",
        "",
    ],
)
def test_what_is_beyond_the_subset_is_refused(query: str) -> None:
    with pytest.raises(UnsupportedQuery):
        parse(query, {})


def test_partitions_lie_in_both_ranges() -> None:
    border = RANGES[1]["minInclusive"]
    assert {partition_hash(str(number)) < border for number in range(20)} == {True, False}


def test_a_query_over_both_ranges_is_answered_where_the_gateway_would(
    container: ContainerProxy,
) -> None:
    for number in range(20):
        container.create_item({"id": f"{number:02}", "pk": str(number), "kind": "spread"})

    found = container.query_items(
        "SELECT * FROM c WHERE c.kind = 'spread'", enable_cross_partition_query=True
    )

    assert sorted(item["id"] for item in found) == [f"{number:02}" for number in range(20)]


def test_an_ordered_query_over_both_ranges_is_refused(container: ContainerProxy) -> None:
    query = container.query_items(
        "SELECT * FROM c ORDER BY c.id", enable_cross_partition_query=True
    )

    with pytest.raises(CosmosHttpResponseError) as caught:
        list(query)

    assert caught.value.status_code == 400


def test_an_item_of_more_than_two_megabytes_is_refused(container: ContainerProxy) -> None:
    with pytest.raises(CosmosHttpResponseError) as caught:
        container.create_item({"id": "large", "pk": "p", "text": "x" * 2_100_000})

    assert caught.value.status_code == 413


def test_a_body_of_another_partition_is_refused(container: ContainerProxy) -> None:
    with pytest.raises(CosmosBatchOperationError) as caught:
        container.execute_item_batch([("create", ({"id": "x", "pk": "q"},))], "p")

    assert caught.value.status_code == 400


def test_a_request_signed_with_another_key_is_refused(server: CosmosServer) -> None:
    with pytest.raises(CosmosHttpResponseError) as caught:
        CosmosClient(server.url, "YW5vdGhlciBrZXk=")

    assert caught.value.status_code == 401
