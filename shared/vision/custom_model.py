"""Loads the custom recognition model: verified, and run once before the service starts."""

from __future__ import annotations

import hashlib

import numpy as np

from shared.domain.custom_model import CustomModel
from shared.domain.errors import InvalidModel
from shared.domain.limits import SAME_PERSON_CONFIDENCE
from shared.domain.models import IdentificationFit
from shared.vision.alignment import SIDE
from shared.vision.confidence import ConfidenceCurve
from shared.vision.embedder import Embedder, Preparation
from shared.vision.runtime.manifest import ModelEntry, Task
from shared.vision.runtime.sessions import build_session, sole_input

_BELOW_FAMILIAR = 0.38
"""Greatest normalised score of confidence 0.7. Confidence 0.9, that of an image that is itself
enrolled, is at 0.40: see `identification_scale.py`."""


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


def custom_fit(model: CustomModel) -> IdentificationFit | None:
    """The fit of identification with the operator's model; None if there is none.

    Confidences beside 0.5 lie as far from it as on the model's own curve, but 0.7 lies below the
    score of an image that is enrolled itself.
    """
    if not model.identification:
        return None
    curve = custom_curve(model)
    same = curve.cosine(SAME_PERSON_CONFIDENCE)
    highest = max(score for _, score in model.identification)
    factor = min(1.0, (_BELOW_FAMILIAR - highest) / (curve.cosine(0.7) - same))
    confidences = tuple(
        (factor * (curve.cosine(one) - same), one)
        for one in (0.3, 0.4, SAME_PERSON_CONFIDENCE, 0.6, 0.7)
    )
    return IdentificationFit(model.identification, confidences)


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
