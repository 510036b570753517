"""Reads all documents of a partition, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.storage.documents.store import MAXIMUM_KEYS, Document, DocumentContainer


def pages_of(
    container: DocumentContainer,
    partition: str,
    *,
    prefix: str = "",
    after: str = "",
    limit: int = MAXIMUM_KEYS,
    members: Sequence[str] | None = None,
) -> Iterator[list[Document]]:
    """Every document whose id begins with a prefix, in order of id, in non-empty pages.

    Documents that are written or deleted meanwhile may be included or not.

    Args:
        after: only ids greater than this one.
        limit: maximum number of documents of a page.
        members: as for ``DocumentContainer.page``.
    """
    while documents := container.page(
        partition, prefix=prefix, after=after, limit=limit, members=members
    ):
        yield documents
        after = documents[-1].key.id
