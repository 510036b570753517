"""Calls a client's methods by name and tracks which were not called."""

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
        run: awaits the result of the asynchronous client's methods; None for the other client.
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
        """The method's result, awaited if necessary."""
        self._left.discard(name)
        return self.finish(getattr(self._group, name)(*arguments, **named))

    def finish(self, answer: Any) -> Any:
        """A result as a plain value."""
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
