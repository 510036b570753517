"""Changes the code of functions of an imported module to that of a mutant.

A mutant that changes something else, such as a constant or a decorator, needs a new import.
"""

from __future__ import annotations

import gc
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType


@dataclass(frozen=True)
class Functions:
    """The functions of a module, by qualified name: those that are not inside others."""

    codes: dict[str, list[CodeType]]
    rest: object
    """The code that runs at import, for comparison."""

    @classmethod
    def of(cls, source: str, path: str) -> Functions:
        """Compile a module."""
        codes: dict[str, list[CodeType]] = {}
        return cls(codes, _rest(compile(source, path, "exec"), codes))


def live_functions(path: str) -> dict[str, list[FunctionType]]:
    """The function objects that were made from a file, by qualified name."""
    found: dict[str, list[FunctionType]] = {}
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and one.__code__.co_filename == path:
            found.setdefault(one.__code__.co_qualname, []).append(one)
    return found


def changed_functions(before: Functions, after: Functions) -> dict[str, CodeType] | None:
    """The new code of the functions that differ; None if something else differs."""
    if before.rest != after.rest or before.codes.keys() != after.codes.keys():
        return None
    changed = {}
    for name, codes in after.codes.items():
        if _shapes(codes) != _shapes(before.codes[name]):
            if len(codes) > 1:
                return None
            changed[name] = codes[0]
    return changed


def patch(live: dict[str, list[FunctionType]], changed: dict[str, CodeType]) -> None:
    """Replace the code of functions.

    Raises:
        KeyError: a function is not live.
    """
    for name, code in changed.items():
        for function in live[name]:
            function.__code__ = code


def _rest(code: CodeType, codes: dict[str, list[CodeType]]) -> object:
    consts: list[object] = []
    for const in code.co_consts:
        if not isinstance(const, CodeType):
            consts.append((type(const), const))
        elif const.co_flags & inspect.CO_OPTIMIZED:
            codes.setdefault(const.co_qualname, []).append(const)
            consts.append(const.co_qualname)
        else:
            consts.append(_rest(const, codes))
    return code.co_code, code.co_names, tuple(consts)


def _shapes(codes: list[CodeType]) -> list[object]:
    return [tuple(_shape(code)) for code in codes]


def _shape(code: CodeType) -> Iterator[object]:
    yield code.co_code
    yield code.co_names
    yield code.co_exceptiontable
    for const in code.co_consts:
        yield tuple(_shape(const)) if isinstance(const, CodeType) else (type(const), const)
