"""Settings of a custom recognition model."""

from __future__ import annotations

import pytest

from shared.domain.errors import InvalidSettings
from shared.settings.service import Settings

COMPLETE = {
    "FACE_KEYS": "a-key",
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "FACE_MODEL_NAME": "arcface_r50",
    "FACE_MODEL_FILE": "/models/r50.onnx",
    "FACE_MODEL_SHA256": "AB" * 32,
    "FACE_MODEL_CONFIDENCE": "0.3",
}


def test_no_model_is_the_operator_s_own_unless_it_has_a_name() -> None:
    settings = Settings.from_environment({**COMPLETE, "FACE_MODEL_NAME": ""})
    assert settings.custom_model is None
    assert "arcface_r50" not in settings.recognition_models


def test_a_cosine_alone_gives_a_curve_through_one_half() -> None:
    settings = Settings.from_environment(COMPLETE)
    assert settings.custom_model is not None
    assert settings.custom_model.confidence == ((-1.0, 0.0), (0.3, 0.5), (1.0, 1.0))
    assert settings.custom_model.embedding_model == "arcface_r50-abababababab"
    assert settings.recognition_models[-1] == "arcface_r50"


def test_knots_give_the_curve_between_its_ends() -> None:
    settings = Settings.from_environment({**COMPLETE, "FACE_MODEL_CONFIDENCE": "0.2:0.3,0.3:0.5"})
    assert settings.custom_model is not None
    assert settings.custom_model.confidence == ((-1.0, 0.0), (0.2, 0.3), (0.3, 0.5), (1.0, 1.0))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FACE_MODEL_NAME", "recognition_04"),
        ("FACE_MODEL_NAME", "Arc Face"),
        ("FACE_MODEL_FILE", ""),
        ("FACE_MODEL_FILE", "blob:models"),
        ("FACE_MODEL_SHA256", "ab"),
        ("FACE_MODEL_DIMENSION", "0"),
        ("FACE_MODEL_CHANNELS", "yuv"),
        ("FACE_MODEL_MEAN", "black"),
        ("FACE_MODEL_SCALE", "0"),
        ("FACE_MODEL_CONFIDENCE", ""),
        ("FACE_MODEL_CONFIDENCE", "1.0"),
        ("FACE_MODEL_CONFIDENCE", "0.3:0.5,0.2:0.6"),
        ("FACE_MODEL_CONFIDENCE", "nan"),
        ("FACE_MODEL_CONFIDENCE", "0.3:0.5:0.6"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(InvalidSettings) as raised:
        Settings.from_environment({**COMPLETE, name: value})
    assert [problem.split()[0] for problem in raised.value.problems] == [name]
