"""The weight of work in the background."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from local.triggers.background import give_way_to_requests


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
def test_a_thread_that_gives_way_and_those_it_starts_weigh_less_and_others_as_before() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    found: list[int] = []

    def work(*, starts: bool) -> None:
        give_way_to_requests()
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        if starts:
            run(starts=False)

    def run(*, starts: bool) -> None:
        thread = threading.Thread(target=work, kwargs={"starts": starts})
        thread.start()
        thread.join()

    run(starts=True)

    assert found == 2 * [min(before + 10, 19)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
