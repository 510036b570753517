"""The weight of work in the background."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from local.triggers.background import give_way_to_requests


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
def test_a_thread_that_gives_way_weighs_less_and_others_as_before() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    found: list[int] = []

    def work() -> None:
        give_way_to_requests()
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert found == [min(before + 10, 19)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
