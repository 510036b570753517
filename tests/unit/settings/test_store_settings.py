"""The store that the environment selects, and the errors of invalid selections."""

from __future__ import annotations

import pytest

from shared.domain.errors import InvalidSettings
from shared.settings.service import Settings
from shared.storage.documents.cosmos.location import CosmosLocation
from shared.storage.documents.sqlite.location import SqliteLocation

COMPLETE = {"FACE_KEYS": "a-key", "AzureWebJobsStorage": "UseDevelopmentStorage=true"}
ENDPOINT = "https://account.documents.azure.com:443/"


def test_documents_live_in_sqlite_unless_the_environment_says_otherwise() -> None:
    settings = Settings.from_environment({**COMPLETE, "COSMOS_ENDPOINT": ENDPOINT})
    assert settings.store.location == SqliteLocation(settings.data_directory)


def test_cosmos_needs_only_its_endpoint() -> None:
    settings = Settings.from_environment(
        {**COMPLETE, "FACE_STORE": "cosmos", "COSMOS_ENDPOINT": ENDPOINT}
    )
    assert settings.store.location == CosmosLocation(ENDPOINT, "lineament", None, None)


def test_cosmos_takes_key_database_and_identity_from_the_environment() -> None:
    settings = Settings.from_environment(
        {
            **COMPLETE,
            "FACE_STORE": "cosmos",
            "COSMOS_ENDPOINT": ENDPOINT,
            "COSMOS_KEY": "c2VjcmV0",
            "COSMOS_DATABASE": "faces",
            "AZURE_CLIENT_ID": "an-identity",
        }
    )
    assert settings.store.location == CosmosLocation(ENDPOINT, "faces", "c2VjcmV0", "an-identity")
    assert "c2VjcmV0" not in repr(settings)


def test_cosmos_without_an_endpoint_says_what_is_missing() -> None:
    with pytest.raises(InvalidSettings) as caught:
        Settings.from_environment({**COMPLETE, "FACE_STORE": "cosmos"})
    assert caught.value.problems == (
        "COSMOS_ENDPOINT must hold the address of the Cosmos DB account, because FACE_STORE is"
        " cosmos.",
    )


@pytest.mark.parametrize("endpoint", ["account", "ftp://account", "https://", "AccountEndpoint=x"])
def test_an_endpoint_that_is_no_address_is_refused(endpoint: str) -> None:
    with pytest.raises(InvalidSettings, match="COSMOS_ENDPOINT must be an address"):
        Settings.from_environment({**COMPLETE, "FACE_STORE": "cosmos", "COSMOS_ENDPOINT": endpoint})


def test_a_store_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidSettings, match="FACE_STORE must be one of sqlite, cosmos"):
        Settings.from_environment({**COMPLETE, "FACE_STORE": "mongo"})


@pytest.mark.parametrize(
    ("text", "faces"), [("never", None), ("always", 0), ("1", 1), ("1000000", 1_000_000)]
)
def test_the_vector_index_takes_collections_from_a_size_on(text: str, faces: int | None) -> None:
    settings = Settings.from_environment(
        {
            **COMPLETE,
            "FACE_STORE": "cosmos",
            "COSMOS_ENDPOINT": ENDPOINT,
            "FACE_VECTOR_INDEX": text,
        }
    )
    assert settings.store.vector_index_from == faces


def test_no_collection_goes_to_the_vector_index_unless_the_environment_says_so() -> None:
    assert Settings.from_environment(COMPLETE).store.vector_index_from is None
    named = Settings.from_environment({**COMPLETE, "FACE_VECTOR_INDEX": "never"})
    assert named.store.vector_index_from is None


@pytest.mark.parametrize("store", [{}, {"FACE_STORE": "sqlite"}])
def test_a_vector_index_without_cosmos_is_refused(store: dict[str, str]) -> None:
    with pytest.raises(InvalidSettings, match="FACE_VECTOR_INDEX must be never unless FACE_STORE"):
        Settings.from_environment({**COMPLETE, **store, "FACE_VECTOR_INDEX": "always"})


@pytest.mark.parametrize("text", ["sometimes", "0", "-1", "1.5", "10000000000"])
def test_a_size_that_is_no_number_of_faces_is_refused(text: str) -> None:
    with pytest.raises(InvalidSettings, match="FACE_VECTOR_INDEX must be never, always, or"):
        Settings.from_environment({**COMPLETE, "FACE_VECTOR_INDEX": text})
