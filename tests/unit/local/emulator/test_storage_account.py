"""The host's clients of its storage account."""

from __future__ import annotations

import socket
import time

import pytest
from azure.core.exceptions import ServiceRequestError

from local.emulator.azurite import HOST, USUAL_PORTS, connection_string
from local.emulator.storage_account import StorageAccount


def test_the_host_tries_again_once_within_a_third_of_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with socket.socket() as taken:
        taken.bind((HOST, 0))  # and nothing listens
        away = connection_string(dict.fromkeys(USUAL_PORTS, taken.getsockname()[1]))
        account = StorageAccount.connect(away)

        with pytest.raises(ServiceRequestError):
            account.queues.get_service_properties()

    account.close()
    (pause,) = pauses
    assert 0.1 <= pause <= 0.3
