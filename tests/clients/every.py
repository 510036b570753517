"""Calls a client's methods by name and knows which it has not called yet."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

NOT_OPERATIONS = {"close", "send_request"}

Run = Callable[[Awaitable[Any]], Any]


class Every:
    """One operation group of a client.

    Args:
        group: the SDK's object.
        run: finishes what a method of the asynchronous client answers; None for the other client.
    """

    def __init__(self, group: Any, run: Run | None = None) -> None:
        self._group = group
        self._run = run
        self._left = {
            name
            for name, _ in inspect.getmembers(type(group), callable)
            if not name.startswith("_") and name not in NOT_OPERATIONS
        }

    def __call__(self, name: str, /, *arguments: Any, **named: Any) -> Any:
        """What the method answers, awaited if need be."""
        self._left.discard(name)
        return self.finish(getattr(self._group, name)(*arguments, **named))

    def finish(self, answer: Any) -> Any:
        """An answer as a plain value."""
        if self._run is None:
            return answer
        if inspect.isawaitable(answer):
            answer = self._run(answer)
        if isinstance(answer, AsyncIterator):
            return self._run(_collected(answer))
        return answer

    def finish_closing(self) -> None:
        """Close the client that was given."""
        self.finish(self._group.close())

    @property
    def left(self) -> set[str]:
        """The operations that were not called."""
        return self._left


async def _collected(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]
