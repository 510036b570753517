"""Loads the custom recognition model: verified, and run once before the service starts."""

from __future__ import annotations

import hashlib

import numpy as np

from shared.domain.custom_model import CustomModel
from shared.domain.errors import InvalidModel
from shared.vision.alignment import SIDE
from shared.vision.confidence import ConfidenceCurve
from shared.vision.embedder import Embedder, Preparation
from shared.vision.runtime.manifest import ModelEntry, Task
from shared.vision.runtime.sessions import build_session, sole_input


def load_custom_embedder(model: CustomModel, content: bytes) -> Embedder:
    """An embedder of the custom model, after a successful trial with a grey face.

    Args:
        model: its settings.
        content: the file's bytes.

    Raises:
        InvalidModel: the file has another digest, cannot be loaded by onnxruntime, takes inputs
            other than 112 by 112, or its embeddings differ from the settings; the message says
            which.
    """
    found = hashlib.sha256(content).hexdigest()
    if found != model.sha256:
        raise InvalidModel(
            f"{model.file} is not the model of FACE_MODEL_SHA256: its SHA-256 is {found}."
        )
    try:
        session = build_session(content)
    except InvalidModel as error:
        raise InvalidModel(f"{model.file} cannot be loaded by onnxruntime.") from error
    name, shape = sole_input(session, model.file)
    if len(shape) != 4 or not all(
        wanted == side or not isinstance(side, int)
        for wanted, side in zip((1, 3, SIDE, SIDE), shape, strict=True)
    ):
        raise InvalidModel(
            f"{model.file} takes an input of shape {shape}, not (faces, 3, {SIDE}, {SIDE})."
        )
    embedder = Embedder(
        session, _entry(model, name), Preparation(model.channels, model.mean, model.scale)
    )
    embedder.embed(np.full((SIDE, SIDE, 3), 128, np.uint8))
    return embedder


def custom_curve(model: CustomModel) -> ConfidenceCurve:
    """The custom model's confidence curve."""
    return ConfidenceCurve(model.confidence)


def _entry(model: CustomModel, input_name: str) -> ModelEntry:
    return ModelEntry(
        name=model.embedding_model,
        task=Task.RECOGNITION,
        file=model.file,
        origin="the operator",
        licence="the operator's",
        source_sha256=model.sha256,
        sha256=model.sha256,
        sources=(),
        input_name=input_name,
        input_shape=("faces", 3, SIDE, SIDE),
        dimension=model.dimension,
        confidence=model.confidence,
    )
