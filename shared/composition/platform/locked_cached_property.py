"""A property that is computed once, on first use, in any number of threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar, overload

_Owner = TypeVar("_Owner")
_T = TypeVar("_T")


class locked_cached_property(Generic[_Owner, _T]):  # noqa: N801 - used as a decorator, like cached_property
    """Like functools.cached_property, which computes twice if two threads read it concurrently."""

    def __init__(self, build: Callable[[_Owner], _T]) -> None:
        self._build = build
        self._name = build.__name__
        self._lock = threading.RLock()
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, owner: None, kind: type[_Owner]) -> locked_cached_property[_Owner, _T]: ...
    @overload
    def __get__(self, owner: _Owner, kind: type[_Owner]) -> _T: ...
    def __get__(
        self, owner: _Owner | None, kind: type[_Owner]
    ) -> locked_cached_property[_Owner, _T] | _T:
        if owner is None:
            return self
        with self._lock:
            kept = owner.__dict__
            if self._name not in kept:
                kept[self._name] = self._build(owner)
            made: _T = kept[self._name]
            return made
