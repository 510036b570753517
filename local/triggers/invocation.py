"""Runs one function once: hands it its argument, and logs how it went."""

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
    """What invocation needs of an indexed function."""

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
"""Takes what is to be called when there is time."""


def _at_once(call: Callable[[], None]) -> None:
    call()


@contextmanager
def logged(name: str, later: Later = _at_once) -> Iterator[dict[str, object]]:
    """Log one line for an invocation: function, id, outcome and milliseconds.

    Args:
        later: when to write the line of an invocation that went well.

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
        loop: where `async def` code runs, as in the worker: one loop for all functions.

    Raises:
        Exception: whatever the function raises.
    """
    with logged(function.name):
        result = function.code(**{function.parameter: argument})
        if function.is_coroutine:
            coroutine = cast("Coroutine[object, object, object]", result)
            asyncio.run_coroutine_threadsafe(coroutine, loop).result()
