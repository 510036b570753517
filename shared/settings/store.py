"""Settings of where data lives: the document store, its vector index, the storage account."""

from __future__ import annotations

from dataclasses import dataclass

from shared.settings.declaration import SettingReader, setting
from shared.settings.parsers import one_of
from shared.storage.account.location import StorageConnection
from shared.storage.documents.location import StoreLocation
from shared.storage.documents.open_store import STORES

NEVER = "never"
ALWAYS = "always"


def _faces_from(text: str) -> int | None:
    """The number of faces from which an index is used; None: never."""
    if text in (NEVER, ALWAYS):
        return None if text == NEVER else 0
    if not text.isdecimal() or not 1 <= int(text) <= 10**9:
        raise ValueError(f"{NEVER}, {ALWAYS}, or a number of faces from 1 to 1000000000")
    return int(text)


@dataclass(frozen=True, slots=True)
class StoreChoice:
    """The store, as the environment names it."""

    store: str = setting(
        "FACE_STORE",
        next(iter(STORES)),
        one_of(tuple(STORES)),
        f"The document store: {' or '.join(STORES)}.",
    )
    vector_index_from: int | None = setting(
        "FACE_VECTOR_INDEX",
        NEVER,
        _faces_from,
        "Collections that Cosmos DB's vector index searches, from their next training on: never,"
        " always, or those of this number of faces and more. Needs FACE_STORE to be cosmos.",
    )


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """The document store.

    Attributes:
        location: the one value that chooses it.
        vector_index_from: faces from which a collection is searched by the store's vector index;
            None: none is.
    """

    location: StoreLocation
    vector_index_from: int | None = None


STORE_GROUPS: tuple[type, ...] = (StoreChoice, *STORES.values())


def read_store(reader: SettingReader) -> StoreSettings:
    """Read the settings of the document store; what is wrong is noted with the reader."""
    choice = reader.group(StoreChoice)
    before = len(reader.problems)
    location: StoreLocation = reader.group(STORES[choice.store])
    if len(reader.problems) == before:
        reader.problems += location.problems
    if choice.vector_index_from is not None and location.open_vectors is None:
        reader.problems.append(
            "FACE_VECTOR_INDEX must be never unless FACE_STORE is cosmos: the index is Cosmos DB's."
        )
    return StoreSettings(location, choice.vector_index_from)


def read_account(reader: SettingReader) -> StorageConnection:
    """Read the settings of the storage account; what is wrong is noted with the reader."""
    connection = reader.group(StorageConnection)
    reader.problems += connection.problems
    return connection
