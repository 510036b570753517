"""Settings of a custom recognition model."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from shared.domain.custom_model import CustomModel
from shared.domain.limits import SAME_PERSON_CONFIDENCE
from shared.domain.models import RECOGNITION_MODELS, Knots
from shared.settings.declaration import SettingReader, setting
from shared.settings.parsers import blank_or, file_or_blob, number, one_of, whole

HIGHEST_THRESHOLD = 0.34
"""Greatest normalised score that confidence 0.5 may stand for: the confidences above it need room
below 0.40, the score of an image that is enrolled itself (`identification_scale.py`)."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{2,62}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_REQUIRED = ("FACE_MODEL_FILE", "FACE_MODEL_SHA256", "FACE_MODEL_CONFIDENCE")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text) or text in RECOGNITION_MODELS:
        raise ValueError(
            "3 to 63 lower-case letters, digits, - or _, beginning with a letter, and none of"
            f" {', '.join(RECOGNITION_MODELS)}"
        )
    return text


def _digest(text: str) -> str:
    if not _DIGEST.fullmatch(text.lower()):
        raise ValueError("64 hexadecimal digits")
    return text.lower()


def _curve(text: str) -> Knots:
    """The whole curve, from (-1, 0) to (1, 1); for a single cosine, straight lines through it."""
    if not text:
        return ()
    try:
        pairs = [part.split(":") for part in text.split(",")]
        if len(pairs) == 1 and len(pairs[0]) == 1:
            pairs = [[text, str(SAME_PERSON_CONFIDENCE)]]
        inner = [(float(cosine), float(confidence)) for cosine, confidence in pairs]
    except ValueError as error:
        raise ValueError("a cosine as in 0.3, or knots as in 0.2:0.3,0.3:0.5") from error
    knots = ((-1.0, 0.0), *inner, (1.0, 1.0))
    if not all(x0 < x1 and y0 < y1 for (x0, y0), (x1, y1) in itertools.pairwise(knots)):
        raise ValueError(
            "knots that rise in cosine, within -1 and 1, and confidence, within 0 and 1"
        )
    return knots


def _thresholds(text: str) -> Knots:
    """(persons, score) pairs, rising in persons from 1."""
    if not text:
        return ()
    wanted = (
        "pairs of persons and score as in 1:0.21,100:0.17, from 1 on, scores from 0 to"
        f" {HIGHEST_THRESHOLD}"
    )
    try:
        pairs = [part.split(":") for part in text.split(",")]
        knots = tuple((float(persons), float(score)) for persons, score in pairs)
    except ValueError as error:
        raise ValueError(wanted) from error
    rising = all(x0 < x1 for (x0, _), (x1, _) in itertools.pairwise(knots))
    if (
        knots[0][0] != 1
        or not rising
        or not all(0 <= score <= HIGHEST_THRESHOLD for _, score in knots)
    ):
        raise ValueError(wanted)
    return knots


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """The custom model's settings, as the environment gives them."""

    name: str = setting(
        "FACE_MODEL_NAME",
        "",
        blank_or(_name),
        "Name of a recognition model of your own, as in arcface_r50: callers send it as"
        " recognitionModel. Empty: there is none, and no other FACE_MODEL_ setting matters.",
    )
    file: str = setting(
        "FACE_MODEL_FILE",
        "",
        file_or_blob,
        "That model: the path of an ONNX file that takes aligned faces of 112 by 112 pixels, or"
        " blob:container/name in the service's storage account.",
    )
    sha256: str = setting(
        "FACE_MODEL_SHA256",
        "",
        blank_or(_digest),
        "SHA-256 of that file, in hexadecimal digits.",
    )
    dimension: int = setting(
        "FACE_MODEL_DIMENSION", "512", whole(16, 4096), "Number of components of its embeddings."
    )
    channels: str = setting(
        "FACE_MODEL_CHANNELS",
        "rgb",
        one_of(("rgb", "bgr")),
        "Order of its input's channels: rgb or bgr.",
    )
    mean: float = setting(
        "FACE_MODEL_MEAN", "127.5", number(0, 255), "Mean subtracted per channel (0 to 255)."
    )
    scale: float = setting(
        "FACE_MODEL_SCALE", "127.5", number(0.001, 1000), "Divisor applied after it."
    )
    confidence: Knots = setting(
        "FACE_MODEL_CONFIDENCE",
        "",
        _curve,
        "The cosine that confidence 0.5 stands for, as in 0.3; or knots of a rising curve, as in"
        " 0.2:0.3,0.3:0.5,0.6:0.9.",
    )

    identification: Knots = setting(
        "FACE_MODEL_IDENTIFICATION",
        "",
        _thresholds,
        "Normalised scores that confidence 0.5 stands for in identify, by persons of the gallery,"
        " as `calibrate` prints them: 1:0.21,100:0.17. Empty: identify uses raw cosines.",
    )


def read_custom_model(reader: SettingReader) -> CustomModel | None:
    """The custom model; None if there is none. Problems are collected by the reader."""
    if not reader.is_set("FACE_MODEL_NAME"):
        return None
    reader.problems += [
        f"{name} must be set, because FACE_MODEL_NAME is."
        for name in _REQUIRED
        if not reader.is_set(name)
    ]
    model = reader.group(ModelSettings)
    return CustomModel(
        name=model.name,
        file=model.file,
        sha256=model.sha256,
        dimension=model.dimension,
        channels=model.channels,
        mean=model.mean,
        scale=model.scale,
        confidence=model.confidence,
        identification=model.identification,
    )
