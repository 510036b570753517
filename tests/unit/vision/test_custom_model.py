"""A custom recognition model: what is checked, and how its input is prepared."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from shared.domain.custom_model import CustomModel
from shared.domain.errors import InvalidModel
from shared.vision.custom_model import load_custom_embedder
from tests.doubles.tiny_model import SIDE, tiny_model


def _described(content: bytes) -> CustomModel:
    return CustomModel(
        name="arcface",
        file="arcface.onnx",
        sha256=hashlib.sha256(content).hexdigest(),
        dimension=3,
        channels="rgb",
        mean=127.5,
        scale=127.5,
        confidence=((-1.0, 0.0), (0.3, 0.5), (1.0, 1.0)),
    )


def _face(red: int, green: int, blue: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((SIDE, SIDE, 3), (red, green, blue), np.uint8)


def test_channels_are_shifted_and_scaled_as_the_settings_say() -> None:
    content = tiny_model()
    embedding = load_custom_embedder(_described(content), content).embed(_face(255, 0, 255))
    np.testing.assert_allclose(embedding.vector, np.array([1, -1, 1]) / np.sqrt(3), atol=1e-6)


def test_channels_come_in_the_order_that_the_settings_say() -> None:
    content = tiny_model()
    model = replace(_described(content), channels="bgr", mean=0.0, scale=1.0)
    embedding = load_custom_embedder(model, content).embed(_face(30, 0, 40))
    np.testing.assert_allclose(embedding.vector, [0.8, 0, 0.6], atol=1e-6)


def test_embeddings_are_stamped_with_name_and_file() -> None:
    content = tiny_model()
    model = _described(content)
    stamp = load_custom_embedder(model, content).embed(_face(1, 2, 3)).model
    assert stamp == f"arcface-{model.sha256[:12]}"


def test_another_file_than_that_of_the_digest_is_refused() -> None:
    content = tiny_model()
    with pytest.raises(InvalidModel, match="FACE_MODEL_SHA256"):
        load_custom_embedder(_described(content), content + b"\0")


def test_a_file_that_is_no_model_is_refused() -> None:
    with pytest.raises(InvalidModel, match=r"arcface\.onnx cannot be loaded"):
        load_custom_embedder(_described(b"no model"), b"no model")


def test_a_model_for_other_input_sizes_is_rejected() -> None:
    content = tiny_model(side=160)
    with pytest.raises(InvalidModel, match="160"):
        load_custom_embedder(_described(content), content)


def test_a_model_of_another_dimension_is_refused() -> None:
    content = tiny_model(dimension=4)
    with pytest.raises(InvalidModel, match=r"4 numbers.*FACE_MODEL_DIMENSION"):
        load_custom_embedder(_described(content), content)
