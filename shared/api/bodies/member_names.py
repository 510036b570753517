"""Names of members in any case, as Azure reads them.

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
    """A JSON object whose members have the names that a schema declares, in its case.

    Members of members stay as they are: no body of Azure has any. Of a member that comes twice, in
    any case, the last one counts.

    Raises:
        msgspec.ValidationError: it is no object.
        msgspec.DecodeError, RecursionError: it is not JSON, or nested too deeply.
    """
    members = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    renamed = renamed_members(members, schema)
    return text if renamed.keys() == members.keys() else msgspec.json.encode(renamed)


def renamed_members(members: Mapping[str, _Value], schema: type[Wire]) -> dict[str, _Value]:
    """Members under the names that a schema declares; others under their own."""
    declared = _declared_names(schema)
    return {declared.get(name.lower(), name): value for name, value in members.items()}


@cache
def _declared_names(schema: type[Wire]) -> Mapping[str, str]:
    """Every declared name, by its form in lower case."""
    names = (field.encode_name for field in msgspec.structs.fields(schema))
    return {name.lower(): name for name in names}
