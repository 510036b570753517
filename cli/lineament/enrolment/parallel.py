"""Runs work on several threads, and ends cleanly on Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Event
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Interrupted(Exception):
    """Ctrl-C: work that had begun is finished, and nothing more was begun."""


def run_parallel(
    items: Iterable[_Item],
    work: Callable[[_Item], _Result],
    threads: int,
    done: Callable[[_Result], None],
    stop: Event | None = None,
) -> None:
    """Work on all items; ``done`` gets each result, on the calling thread.

    Args:
        stop: set when the run ends, early too, for work that waits.

    The first exception of ``work`` ends the run as Ctrl-C does, and is raised.

    Raises:
        Interrupted: Ctrl-C was pressed. A second one does not wait for what had begun.
    """
    queue = iter(items)
    running: set[Future[_Result]] = set()
    with ThreadPoolExecutor(threads) as pool:
        try:
            _begin(queue, running, threads, lambda item: pool.submit(work, item))
            while running:
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    done(future.result())
                _begin(queue, running, threads, lambda item: pool.submit(work, item))
        except KeyboardInterrupt as error:
            if stop is not None:
                stop.set()
            for future in wait(running).done:
                if future.exception() is None:
                    done(future.result())
            raise Interrupted from error
        finally:
            if stop is not None:
                stop.set()


def _begin(
    queue: Iterator[_Item],
    running: set[Future[_Result]],
    threads: int,
    submit: Callable[[_Item], Future[_Result]],
) -> None:
    while len(running) < threads:
        try:
            item = next(queue)
        except StopIteration:
            return
        running.add(submit(item))
