"""The location of documents: one value from the settings, which selects and opens the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from shared.domain.clock import Clock

if TYPE_CHECKING:
    from shared.storage.documents.cosmos.store import CosmosDocumentStore
    from shared.storage.documents.store import DocumentStore


class StoreLocation(Protocol):
    """The location of one kind of store.

    An implementation is a group of settings (`shared.settings.declaration`) in the store's own
    folder, and loads nothing of the store before it is opened.
    """

    @property
    def problems(self) -> tuple[str, ...]:
        """One sentence for each missing setting."""
        ...

    def open(self, clock: Clock) -> DocumentStore:
        """Connect to the store, or create it.

        Raises:
            ConfigurationError: it is not usable, or access to it is denied.
            Unavailable: it cannot be reached.
        """
        ...

    def check_exists(self) -> None:
        """Check that the store exists, as far as that is possible without connecting.

        Raises:
            ConfigurationError: it does not exist.
        """
        ...

    @property
    def open_vectors(self) -> Callable[[], CosmosDocumentStore] | None:
        """Connects to the store's vector index; None if it has none."""
        ...
