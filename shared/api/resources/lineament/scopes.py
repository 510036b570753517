"""Names of collections in queries and responses, as in ``largepersongroups/staff``."""

from __future__ import annotations

from shared.domain.collections import DYNAMIC_PERSON_GROUP, KINDS, CollectionKey
from shared.domain.directory import DirectoryScope
from shared.domain.errors import BadArgument
from shared.domain.face.recognition import SearchScope
from shared.domain.identifiers import is_collection_id

DIRECTORY = "persondirectory"
"""Names the whole person directory."""

MOST_SCOPES = 10
_SEGMENTS = {kind.segment: kind for kind in KINDS.values()}
_EXPECTED = f"Use {', '.join(f'{segment}/id' for segment in _SEGMENTS)} or {DIRECTORY}."


def parse_scope(text: str, parameter: str = "collection") -> SearchScope:
    """The collection that a text names.

    Args:
        parameter: where the text was given, for the error.

    Raises:
        BadArgument: it names none.
    """
    segment, _, collection_id = text.strip().partition("/")
    if segment.lower() == DIRECTORY and not collection_id:
        return DirectoryScope()
    kind = _SEGMENTS.get(segment.lower())
    if kind is None:
        raise BadArgument(f"'{parameter}' is invalid. {_EXPECTED}")
    if not is_collection_id(collection_id):
        raise BadArgument(f"{kind.title} ID is invalid.")
    key = CollectionKey(kind, collection_id)
    return DirectoryScope(group=key) if kind is DYNAMIC_PERSON_GROUP else key


def parse_scopes(text: str) -> tuple[SearchScope, ...]:
    """One to ten collections, separated by commas; a repeated one counts once.

    Raises:
        BadArgument: one is malformed, or there are too many.
    """
    scopes = tuple(dict.fromkeys(parse_scope(one, "collections") for one in text.split(",")))
    if len(scopes) > MOST_SCOPES:
        raise BadArgument(f"Name at most {MOST_SCOPES} collections.")
    return scopes


def scope_name(scope: SearchScope) -> str:
    """The text that names a collection."""
    key = scope.group if isinstance(scope, DirectoryScope) else scope
    return DIRECTORY if key is None else f"{key.kind.segment}/{key.collection_id}"
