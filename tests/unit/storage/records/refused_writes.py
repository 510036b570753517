"""Writes that fail because other requests were faster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from shared.domain.errors import DocumentChanged, DocumentConflict
from shared.storage.documents.store import DocumentContainer

_WRITES = ("batch", "create", "replace", "delete")


def refuse_writes(
    patch: pytest.MonkeyPatch,
    container: DocumentContainer,
    number: int,
    error: type[DocumentConflict] = DocumentChanged,
) -> list[str]:
    """Have the next so many writes fail; returns the names of all that are tried from now on."""
    tried: list[str] = []
    left = iter(range(number))
    for name in _WRITES:
        patch.setattr(
            container, name, partial(_try, name, getattr(container, name), left, tried, error)
        )
    return tried


def _try(
    name: str,
    write: Callable[..., object],
    left: Iterator[int],
    tried: list[str],
    error: type[DocumentConflict],
    *arguments: object,
    **named: object,
) -> object:
    tried.append(name)
    if next(left, None) is not None:
        raise error("Another request was faster.")
    return write(*arguments, **named)
