"""Accepts names of members in any case, as Azure does.

Microsoft's Python SDK 1.0.0b1 sends them in lower case: ``{"faceid1": …, "faceid2": …}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TypeVar

import msgspec

from shared.api.bodies.wire import Wire

_Value = TypeVar("_Value")


def with_exact_names(text: bytes, schema: type[Wire]) -> bytes:
    """Rename the members of a JSON object to the names that a schema declares.

    Nested members are left as they are, because Azure's bodies have none. If a member occurs twice,
    in any case, the last one is used.

    Raises:
        msgspec.ValidationError: it is not an object.
        msgspec.DecodeError, RecursionError: it is not JSON, or nested too deeply.
    """
    members = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    renamed = renamed_members(members, schema)
    return text if renamed.keys() == members.keys() else msgspec.json.encode(renamed)


def renamed_members(members: Mapping[str, _Value], schema: type[Wire]) -> dict[str, _Value]:
    """The members under the names that a schema declares; unknown ones keep theirs."""
    declared = _declared_names(schema)
    return {declared.get(name.lower(), name): value for name, value in members.items()}


@cache
def _declared_names(schema: type[Wire]) -> Mapping[str, str]:
    """Every declared name, by its form in lower case."""
    names = (field.encode_name for field in msgspec.structs.fields(schema))
    return {name.lower(): name for name in names}
