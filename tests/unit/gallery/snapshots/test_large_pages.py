"""Large pages are requested where they help, and only for the given memory."""

from __future__ import annotations

import ctypes
import mmap
import sys
from pathlib import Path

import pytest

from shared.gallery.snapshots.large_pages import advise_large_pages

MEGABYTE = 1024 * 1024
FLAG = "hg"
"""A flag of /proc/[pid]/smaps: large pages were requested."""


@pytest.mark.skipif(
    not Path("/sys/kernel/mm/transparent_hugepage").exists(), reason="no large pages here"
)
def test_whole_large_pages_are_requested() -> None:
    with mmap.mmap(-1, 16 * MEGABYTE) as memory:
        address = _address(memory)
        advise_large_pages(address, len(memory))

        middle = (address + len(memory) // 2) // (2 * MEGABYTE) * (2 * MEGABYTE)
        assert FLAG in _flags(middle)


def test_less_than_a_large_page_is_left_as_it_is() -> None:
    with mmap.mmap(-1, MEGABYTE) as memory:
        advise_large_pages(_address(memory), len(memory))

        memory[:] = bytes(range(256)) * (MEGABYTE // 256)
        assert memory[-1] == 255
        if sys.platform == "linux":
            assert FLAG not in _flags(_address(memory))


@pytest.mark.parametrize(
    ("address", "length", "advised"),
    [
        (20 * MEGABYTE + 1, 6 * MEGABYTE, [(22 * MEGABYTE, 4 * MEGABYTE, 14)]),
        (20 * MEGABYTE, 4 * MEGABYTE + 5, [(20 * MEGABYTE, 4 * MEGABYTE, 14)]),
        (20 * MEGABYTE + 1, 3 * MEGABYTE, []),
        (20 * MEGABYTE - 1, 3 * MEGABYTE, [(20 * MEGABYTE, 2 * MEGABYTE, 14)]),
        (20 * MEGABYTE - 1, 2, []),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is requested")
def test_only_whole_pages_within_the_memory_are_requested(
    monkeypatch: pytest.MonkeyPatch,
    address: int,
    length: int,
    advised: list[tuple[int, int, int]],
) -> None:
    calls: list[tuple[int, int, int]] = []

    class Library:
        """Stands for the C library."""

        @staticmethod
        def madvise(begin: int, size: int, advice: int) -> None:
            calls.append((begin, size, advice))

    monkeypatch.setattr(ctypes, "CDLL", lambda _: Library)
    advise_large_pages(address, length)
    assert calls == advised


def _address(memory: mmap.mmap) -> int:
    view = ctypes.c_char.from_buffer(memory)
    address = ctypes.addressof(view)
    del view
    return address


def _flags(address: int) -> list[str]:
    """The flags of the mapping that contains an address of this process."""
    inside = False
    for line in Path("/proc/self/smaps").read_text("ascii", "replace").splitlines():
        name, _, rest = line.partition(" ")
        if name == "VmFlags:" and inside:
            return rest.split()
        begin, dash, end = name.partition("-")
        if dash:
            inside = int(begin, 16) <= address < int(end, 16)
    raise AssertionError("The address is in no mapping.")
