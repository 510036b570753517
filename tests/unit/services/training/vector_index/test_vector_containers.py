"""The containers that hold vectors: their policies, and how they are swept."""

from __future__ import annotations

import pytest

from shared.domain.errors import ConfigurationError
from shared.storage.documents.cosmos.connection import CosmosConnection
from shared.storage.documents.cosmos.store import (
    CosmosDocumentStore,
    indexing_policy,
    vector_policy,
)
from shared.storage.layout import vector_container
from tests.cosmos_server.server import CosmosServer
from tests.unit.services.groups.findable import DIMENSION
from tests.unit.services.groups.indexed_group import CONTAINER, MODEL, IndexedGroup


def test_the_container_has_the_policies_of_its_spec(indexed: IndexedGroup) -> None:
    indexed.add_person()
    indexed.train()

    made = indexed.server.account.databases["lineament"][CONTAINER].properties
    spec = vector_container(MODEL, DIMENSION)
    assert made["vectorEmbeddingPolicy"] == vector_policy(spec)
    assert made["indexingPolicy"] == indexing_policy(spec)


def test_a_container_with_another_vector_policy_is_refused(indexed: IndexedGroup) -> None:
    indexed.cosmos.container(vector_container(MODEL, 2 * DIMENSION))
    other = CosmosDocumentStore(CosmosConnection(indexed.server.url, "lineament", CosmosServer.key))

    with pytest.raises(ConfigurationError, match="another vector policy"):
        other.container(vector_container(MODEL, DIMENSION))

    other.close()


def test_members_that_cosmos_db_adds_to_the_vector_policy_are_no_other_policy(
    indexed: IndexedGroup,
) -> None:
    spec = vector_container(MODEL, DIMENSION)
    indexed.cosmos.container(spec)
    made = indexed.server.account.databases["lineament"][CONTAINER].properties
    made["vectorEmbeddingPolicy"]["vectorEmbeddings"][0]["vectorDataType"] = "Float32"
    made["vectorEmbeddingPolicy"]["embeddingSource"] = None
    other = CosmosDocumentStore(CosmosConnection(indexed.server.url, "lineament", CosmosServer.key))

    assert other.container(spec).spec == spec

    other.close()


def test_a_sweep_says_whether_something_is_left(indexed: IndexedGroup) -> None:
    for _ in range(3):
        indexed.add_person(100)
    indexed.train()
    incarnation, version = indexed.collection.incarnation, indexed.version()

    assert not indexed.vectors.sweep(incarnation, version, batches=2)
    assert len(indexed.indexed()) == 100
    assert indexed.vectors.sweep(incarnation, version, batches=2)
    assert indexed.indexed() == []
