"""Settings of a recognition model that the operator brings."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

from shared.domain.custom_model import CustomModel
from shared.domain.models import RECOGNITION_MODELS
from shared.settings.reader import SettingDoc, SettingReader, one_of, whole

MODEL_SETTINGS = (
    SettingDoc(
        "FACE_MODEL_NAME",
        "",
        "Name of a recognition model of your own, as in arcface_r50: callers ask for it as"
        " recognitionModel. Empty: there is none, and no other FACE_MODEL_ setting matters.",
    ),
    SettingDoc(
        "FACE_MODEL_FILE",
        "",
        "That model: the path of an ONNX file that takes aligned faces of 112 by 112 pixels, or"
        " blob:container/name in the service's storage account.",
    ),
    SettingDoc("FACE_MODEL_SHA256", "", "SHA-256 of that file, in hexadecimal digits."),
    SettingDoc("FACE_MODEL_DIMENSION", "512", "How many numbers its embeddings have."),
    SettingDoc("FACE_MODEL_CHANNELS", "rgb", "Order of its input's channels: rgb or bgr."),
    SettingDoc("FACE_MODEL_MEAN", "127.5", "What is taken from each channel's 0 to 255."),
    SettingDoc("FACE_MODEL_SCALE", "127.5", "What the rest is then divided by."),
    SettingDoc(
        "FACE_MODEL_CONFIDENCE",
        "",
        "The cosine that confidence 0.5 stands for, as in 0.3; or knots of a rising curve, as in"
        " 0.2:0.3,0.3:0.5,0.6:0.9.",
    ),
)

_NAME = re.compile(r"[a-z][a-z0-9_-]{2,62}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_OPERATING_POINT = 0.5


def read_custom_model(reader: SettingReader) -> CustomModel | None:
    """The operator's model; None where there is none. Problems are left with the reader."""
    if reader.text("FACE_MODEL_NAME") is None:
        return None
    return CustomModel(
        name=_needed(reader, "FACE_MODEL_NAME", _name),
        file=_needed(reader, "FACE_MODEL_FILE", _file),
        sha256=_needed(reader, "FACE_MODEL_SHA256", _digest),
        dimension=reader.value("FACE_MODEL_DIMENSION", "512", whole(16, 4096)),
        channels=reader.value("FACE_MODEL_CHANNELS", "rgb", one_of(("rgb", "bgr"))),
        mean=reader.value("FACE_MODEL_MEAN", "127.5", _number(0, 255)),
        scale=reader.value("FACE_MODEL_SCALE", "127.5", _number(0.001, 1000)),
        confidence=_knots(_needed(reader, "FACE_MODEL_CONFIDENCE", _curve)),
    )


def _needed(reader: SettingReader, name: str, parse: Callable[[str], str]) -> str:
    if reader.text(name) is None:
        reader.problems.append(f"{name} must be set, because FACE_MODEL_NAME is.")
        return ""
    return reader.value(name, "", lambda text: parse(text) if text else "")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text) or text in RECOGNITION_MODELS:
        raise ValueError(
            "3 to 63 lower-case letters, digits, - or _, beginning with a letter, and none of"
            f" {', '.join(RECOGNITION_MODELS)}"
        )
    return text


def _file(text: str) -> str:
    container, _, blob = text.removeprefix("blob:").partition("/")
    if text.startswith("blob:") and not (container and blob):
        raise ValueError("a path, or blob:container/name")
    return text


def _digest(text: str) -> str:
    if not _DIGEST.fullmatch(text.lower()):
        raise ValueError("64 hexadecimal digits")
    return text.lower()


def _number(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        wanted = f"a number from {low:g} to {high:g}"
        try:
            value = float(text)
        except ValueError as error:
            raise ValueError(wanted) from error
        if not low <= value <= high:
            raise ValueError(wanted)
        return value

    return parse


def _curve(text: str) -> str:
    try:
        knots = _knots(text)
    except ValueError as error:
        raise ValueError("a cosine as in 0.3, or knots as in 0.2:0.3,0.3:0.5") from error
    if not all(x0 < x1 and y0 < y1 for (x0, y0), (x1, y1) in itertools.pairwise(knots)):
        raise ValueError(
            "knots that rise in cosine, within -1 and 1, and confidence, within 0 and 1"
        )
    return text


def _knots(text: str) -> tuple[tuple[float, float], ...]:
    """The whole curve; of one cosine alone, straight lines through it."""
    if not text:
        return ()
    pairs = [part.split(":") for part in text.split(",")]
    if len(pairs) == 1 and len(pairs[0]) == 1:
        pairs = [[text, str(_OPERATING_POINT)]]
    inner = [(float(cosine), float(confidence)) for cosine, confidence in pairs]
    return ((-1.0, 0.0), *inner, (1.0, 1.0))
