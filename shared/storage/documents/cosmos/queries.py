"""Clauses of the Cosmos DB queries."""

from __future__ import annotations

from collections.abc import Sequence

from shared.storage.documents.limits import check_members


def selection(members: Sequence[str] | None) -> str:
    """The SELECT list of some members; it always includes those that the store needs.

    Raises:
        ValueError: a name has other characters than letters, digits and underscores, or is
            reserved.
    """
    if members is None:
        return "*"
    check_members(members)
    return ", ".join(f'c["{member}"] AS {member}' for member in ("id", "pk", "_etag", *members))


def id_conditions(prefix: str, after: str) -> tuple[str, list[dict[str, object]]]:
    """The WHERE clause for a prefix and a lower bound of ids, and its parameters."""
    conditions: list[str] = []
    parameters: list[dict[str, object]] = []
    if prefix:
        conditions.append("STARTSWITH(c.id, @prefix)")
        parameters.append({"name": "@prefix", "value": prefix})
    if after:
        conditions.append("c.id > @after")
        parameters.append({"name": "@after", "value": after})
    return (" WHERE " + " AND ".join(conditions) if conditions else ""), parameters
