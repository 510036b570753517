"""Which store the environment chooses, and what it says when that cannot be."""

from __future__ import annotations

import pytest

from shared.faces.errors import InvalidSettings
from shared.settings import Settings
from shared.storage.cosmos_location import CosmosConnection

COMPLETE = {"FACE_KEYS": "a-key", "AzureWebJobsStorage": "UseDevelopmentStorage=true"}
ENDPOINT = "https://account.documents.azure.com:443/"


def test_documents_live_in_sqlite_unless_the_environment_says_otherwise() -> None:
    settings = Settings.from_environment({**COMPLETE, "COSMOS_ENDPOINT": ENDPOINT})
    assert settings.cosmos is None


def test_cosmos_needs_only_its_endpoint() -> None:
    settings = Settings.from_environment(
        {**COMPLETE, "FACE_STORE": "cosmos", "COSMOS_ENDPOINT": ENDPOINT}
    )
    assert settings.cosmos == CosmosConnection(ENDPOINT, "lineament", None, None)


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
    assert settings.cosmos == CosmosConnection(ENDPOINT, "faces", "c2VjcmV0", "an-identity")
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
