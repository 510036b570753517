"""The process bounds what C libraries take, unless the operator says otherwise."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from functions.process import limit_malloc_arenas
from tests.end_to_end.service import ROOT

PROGRAM = """
import ctypes, os, threading
import function_app
libc = ctypes.CDLL(None)
together = threading.Barrier(16)

def allocate():
    together.wait()
    for size in range(1, 2000):
        libc.free(ctypes.c_void_p(libc.malloc(size)))
    together.wait()

libc.malloc.restype = ctypes.c_void_p
threads = [threading.Thread(target=allocate) for _ in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc.fopen.restype = ctypes.c_void_p
file = libc.fopen(b"/dev/stdout", b"w")
libc.malloc_info(0, ctypes.c_void_p(file))
libc.fclose(ctypes.c_void_p(file))
print(os.environ["OPENBLAS_NUM_THREADS"])
"""


PILLOW_PROGRAM = """
import function_app
from PIL import Image, _imaging
print(_imaging.get_block_size(), _imaging.get_blocks_max())
"""


def output(program: str = PROGRAM, **environment: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.skipif(not limit_malloc_arenas(8), reason="this C library is not glibc")
def test_sixteen_threads_share_two_arenas_unless_the_operator_says_otherwise() -> None:
    bounded = output()
    assert bounded.count("<heap nr=") <= 2
    assert bounded.rstrip().endswith("1")
    free = output(MALLOC_ARENA_MAX="6", OPENBLAS_NUM_THREADS="4")
    assert free.count("<heap nr=") > 2
    assert free.rstrip().endswith("4")


def test_pillow_keeps_sixteen_small_blocks_unless_the_operator_says_otherwise() -> None:
    assert output(PILLOW_PROGRAM) == "1048576 16\n"
    assert output(PILLOW_PROGRAM, PILLOW_BLOCKS_MAX="0") == "1048576 0\n"
