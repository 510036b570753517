"""onnxruntime sessions, each built once per process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # the package ships no annotations
from numpy.typing import NDArray
from onnxruntime.capi import (  # type: ignore[import-untyped]  # as above
    onnxruntime_pybind11_state as onnxruntime_state,
)

from shared.domain.errors import InvalidModel
from shared.vision.runtime.manifest import MODELS_DIRECTORY, ModelEntry, read_verified

ARENA_EXTEND_SAME_AS_REQUESTED = 1
"""onnxruntime's kSameAsRequested: the arena grows by the requested size, never by doubling."""

_LOAD_FAULTS = (
    onnxruntime_state.Fail,
    onnxruntime_state.InvalidArgument,
    onnxruntime_state.InvalidGraph,
    onnxruntime_state.InvalidProtobuf,
    onnxruntime_state.NotImplemented,
    onnxruntime_state.RuntimeException,
)


class InferenceSession(Protocol):
    """A loaded model. Safe to run from several threads at once."""

    def run(
        self, outputs: Sequence[str] | None, feeds: Mapping[str, NDArray[np.float32]]
    ) -> list[NDArray[np.float32]]:
        """Run the graph once.

        Args:
            outputs: names of the outputs wanted, in that order; None for all.
            feeds: an array for each input.
        """
        ...


SessionBuilder = Callable[[bytes], InferenceSession]


class Sessions:
    """The sessions of one process, each built when it is first requested.

    Args:
        directory: where the built models are.
        build: makes a session from a model's bytes; tests pass another one.
    """

    def __init__(
        self, directory: Path = MODELS_DIRECTORY, build: SessionBuilder | None = None
    ) -> None:
        self._directory = directory
        self._build = build or build_session
        self._built: dict[str, InferenceSession] = {}
        self._lock = threading.Lock()

    def session(self, entry: ModelEntry) -> InferenceSession:
        """The session of a model whose file is verified against the manifest.

        Raises:
            InvalidModel: the file is missing, is another file, or onnxruntime cannot read it.
        """
        with self._lock:
            if entry.file not in self._built:
                self._built[entry.file] = self._build(read_verified(entry, self._directory))
            return self._built[entry.file]


def build_session(model: bytes) -> InferenceSession:
    """A CPU session.

    One thread per session, so that the number of requests inside is the number of cores used.
    Idle threads do not spin. The memory pattern is off: it would keep a plan for every image
    size.

    Raises:
        InvalidModel: onnxruntime does not read the model.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.add_session_config_entry("session.use_env_allocators", "1")
    _register_bounded_arena()
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except _LOAD_FAULTS as error:
        raise InvalidModel(
            "onnxruntime cannot load the model. Build it again with `make models`."
        ) from error
    return cast(InferenceSession, session)


def sole_input(session: InferenceSession, file: str) -> tuple[str, tuple[int | str | None, ...]]:
    """Name and shape of a graph's only input; a free dimension is a name or None.

    Raises:
        InvalidModel: there are several inputs.
    """
    inputs = cast(onnxruntime.InferenceSession, session).get_inputs()
    if len(inputs) != 1:
        raise InvalidModel(f"{file} takes {len(inputs)} inputs, not one image.")
    return inputs[0].name, tuple(inputs[0].shape)


def _register_bounded_arena() -> None:
    """Give all CPU sessions of the process one arena that grows by requested sizes.

    Registering it again replaces nothing and costs nothing.
    """
    memory = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    arena = onnxruntime.OrtArenaCfg({"arena_extend_strategy": ARENA_EXTEND_SAME_AS_REQUESTED})
    onnxruntime.create_and_register_allocator(memory, arena)
