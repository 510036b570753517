from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.domain.errors import InvalidModel
from shared.vision.runtime.manifest import Manifest, Task
from shared.vision.runtime.sessions import InferenceSession, Sessions, build_session


class _Silent:
    def run(
        self, outputs: Sequence[str] | None, feeds: Mapping[str, NDArray[np.float32]]
    ) -> list[NDArray[np.float32]]:
        return []


def test_threads_that_ask_at_once_share_one_session(manifest: Manifest) -> None:
    together = threading.Barrier(8)
    built: list[InferenceSession] = []

    def build(model: bytes) -> InferenceSession:
        built.append(_Silent())
        return built[-1]

    sessions = Sessions(build=build)
    entry = manifest.first(Task.DETECTION)

    def ask(_: int) -> InferenceSession:
        together.wait(timeout=30)
        return sessions.session(entry)

    with ThreadPoolExecutor(8) as pool:
        given = set(pool.map(ask, range(8)))
    assert given == set(built)
    assert len(built) == 1


def test_a_model_that_does_not_verify_is_never_loaded(manifest: Manifest, tmp_path: Path) -> None:
    def build(model: bytes) -> InferenceSession:
        raise AssertionError("an unverified model was loaded")

    entry = manifest.first(Task.DETECTION)
    (tmp_path / entry.file).write_bytes(b"not the model")
    with pytest.raises(InvalidModel, match="make models"):
        Sessions(tmp_path, build).session(entry)


def test_a_verified_file_that_is_no_model_is_refused(manifest: Manifest, tmp_path: Path) -> None:
    entry = replace(manifest.first(Task.DETECTION), sha256=hashlib.sha256(b"junk").hexdigest())
    (tmp_path / entry.file).write_bytes(b"junk")
    with pytest.raises(InvalidModel, match="cannot load"):
        Sessions(tmp_path).session(entry)


def test_one_session_serves_several_threads_with_equal_results(manifest: Manifest) -> None:
    session = Sessions().session(manifest.first(Task.RECOGNITION))
    faces = np.random.default_rng(2).integers(0, 256, (6, 1, 3, 112, 112)).astype(np.float32)
    alone = [session.run(None, {"data": face})[0] for face in faces]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda face: session.run(None, {"data": face})[0], faces))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_empty_bytes_are_no_model() -> None:
    with pytest.raises(InvalidModel, match="make models"):
        build_session(b"")
