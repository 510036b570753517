"""Converts poison messages between the wire and the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from shared.api.bodies.lineament.poison import PoisonAnswer, PoisonListAnswer
from shared.api.bodies.wire import wire_time
from shared.services.poison import poison_id, source_of

if TYPE_CHECKING:
    from shared.services.poison import ListedPoison
    from shared.storage.account.poison import PoisonMessage


def poison_list_answer(found: ListedPoison) -> PoisonListAnswer:
    """The wire form of listed messages."""
    return PoisonListAnswer([_poison_answer(one) for one in found.messages], found.more)


def _poison_answer(message: PoisonMessage) -> PoisonAnswer:
    return PoisonAnswer(
        id=poison_id(message),
        queue=message.queue,
        replays_to=source_of(message.queue),
        inserted=wire_time(message.inserted),
        expires=wire_time(message.expires),
        deliveries=message.deliveries,
        content=_content(message.text),
    )


def _content(text: str) -> dict[str, Any] | str:
    """The message as an object, or its text if it is not one."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        return text
