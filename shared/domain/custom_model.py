"""A recognition model that the operator brings, as the settings describe it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CustomModel:
    """An ONNX model that takes an aligned face of 112 by 112 pixels, as ArcFace's do.

    Attributes:
        name: the recognition model's name, as callers ask for it.
        file: path of the file, or ``blob:container/name`` in the service's storage account.
        sha256: of the file.
        dimension: how many numbers an embedding has.
        channels: their order, ``rgb`` or ``bgr``.
        mean: what is taken from a channel's 0 to 255 first.
        scale: what the rest is then divided by.
        confidence: (cosine, confidence) knots from (-1, 0) to (1, 1).
    """

    name: str
    file: str
    sha256: str
    dimension: int
    channels: str
    mean: float
    scale: float
    confidence: tuple[tuple[float, float], ...]

    @property
    def embedding_model(self) -> str:
        """What its embeddings are stamped with: another file under the same name is another
        model, whose embeddings are not compared with those of the first."""
        return f"{self.name}-{self.sha256[:12]}"
