"""Runs a function once and logs the outcome."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Protocol, cast
from uuid import uuid4

_LOGGER = logging.getLogger("lineament.host")


class Invocable(Protocol):
    """An indexed function as invocation needs it."""

    @property
    def name(self) -> str:
        """The function's name."""
        ...

    @property
    def parameter(self) -> str:
        """The name of its one parameter."""
        ...

    @property
    def code(self) -> Callable[..., object]:
        """The user's code."""
        ...

    @property
    def is_coroutine(self) -> bool:
        """Whether the code is `async def`."""
        ...


Later = Callable[[Callable[[], None]], object]
"""Schedules a call for later."""


def _at_once(call: Callable[[], None]) -> None:
    call()


@contextmanager
def logged(name: str, later: Later = _at_once) -> Iterator[dict[str, object]]:
    """Log one line for an invocation: function, id, outcome and milliseconds.

    Args:
        later: schedules writing the line of a successful invocation.

    Yields:
        Facts to add to the line. An exception is logged with its traceback and raised on.
    """
    facts: dict[str, object] = {"function": name, "invocationId": str(uuid4())}
    started = time.perf_counter()

    def elapsed() -> float:
        return round((time.perf_counter() - started) * 1000, 1)

    try:
        yield facts
    except Exception:
        extra = {**facts, "outcome": "failed", "ms": elapsed()}
        _LOGGER.exception("invocation", extra=extra)
        raise
    extra = {**facts, "outcome": "succeeded", "ms": elapsed()}
    later(lambda: _LOGGER.info("invocation", extra=extra))


def run(function: Invocable, argument: object, loop: asyncio.AbstractEventLoop) -> None:
    """Run a trigger's function from a thread and wait for it.

    Args:
        loop: runs `async def` code; one loop for all functions, as in the worker.

    Raises:
        Exception: any error of the function.
    """
    with logged(function.name):
        result = function.code(**{function.parameter: argument})
        if function.is_coroutine:
            coroutine = cast("Coroutine[object, object, object]", result)
            asyncio.run_coroutine_threadsafe(coroutine, loop).result()
