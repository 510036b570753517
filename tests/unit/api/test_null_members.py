"""Null is read as an absent member, as serialisers of many languages write it."""

from __future__ import annotations

import types
import typing

import msgspec
import pytest

from function_app import OPERATIONS
from shared.api.bodies.liveness import LivenessContent, checked_liveness
from shared.api.bodies.people import NamedBody, checked_name
from shared.api.bodies.wire import Wire
from shared.api.call import decode_body
from shared.domain.errors import BadArgument

BODIES = sorted({one.body for one in OPERATIONS if one.body is not None}, key=lambda t: t.__name__)


def takes_null(member: msgspec.structs.FieldInfo) -> bool:
    kind = member.type
    is_union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    return is_union and types.NoneType in typing.get_args(kind)


@pytest.mark.parametrize("body", BODIES)
def test_every_member_that_may_be_absent_may_be_null(body: type[Wire]) -> None:
    members = [one for one in msgspec.structs.fields(body) if not one.required]
    assert [one.name for one in members if not takes_null(one)] == []


def test_a_name_that_is_null_is_empty() -> None:
    with pytest.raises(BadArgument, match="'name' is empty"):
        checked_name(decode_body(b'{"name": null}', NamedBody).name)


def test_a_session_whose_options_are_null_has_the_defaults() -> None:
    text = (
        b'{"livenessOperationMode": "Passive", "deviceCorrelationId": "d",'
        b' "deviceCorrelationIdSetInClient": null, "authTokenTimeToLiveInSeconds": null}'
    )
    assert checked_liveness(decode_body(text, LivenessContent)).token_seconds == 600
