"""A service that ends in the middle of a long work."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from lineament.commands.people.enrolment import enrol_items
from lineament.connection.client import Client
from lineament.connection.config import Connection
from lineament.enrolment.sources import items_of
from lineament.errors import Unreachable
from lineament.service.collections import Collection
from lineament.session import Session
from lineament.terminal import Output


def test_an_enrolment_whose_service_ends_says_that_the_same_command_continues(
    people: Path,
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=[])
        raise httpx.ConnectError("Connection refused.", request=request)

    transport = httpx.MockTransport(answer)
    with Client(Connection("http://service.test", "k"), transport=transport) as client:
        session = Session(client, Output(as_json=False))
        with pytest.raises(Unreachable) as error:
            enrol_items(session, Collection("largepersongroups", "staff"), items_of(people)[0], 2)
    assert error.value.message.startswith("http://service.test cannot be reached.")
    assert error.value.message.endswith("the same command continues it.")
