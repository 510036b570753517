"""Poison messages on the wire: whatever their queue holds is listed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.api.resources.lineament.poison import poison_list_answer
from shared.services.poison import ListedPoison
from shared.storage.account.poison import PoisonMessage


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ('{"kind": "PersonGroup"}', {"kind": "PersonGroup"}),
        ("[1]", "[1]"),
        ("not JSON", "not JSON"),
        ("[" * 5_000, "[" * 5_000),
    ],
)
def test_a_message_is_listed_as_an_object_or_as_its_text(text: str, content: object) -> None:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    message = PoisonMessage("purge-poison", "1", text, at, at, 5)
    (listed,) = poison_list_answer(ListedPoison([message], more=False)).messages
    assert listed.content == content
