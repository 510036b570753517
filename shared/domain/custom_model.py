"""The operator's custom recognition model, as described by the settings."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.models import Knots


@dataclass(frozen=True, slots=True)
class CustomModel:
    """An ONNX model for aligned faces of 112 by 112 pixels, such as ArcFace's.

    Attributes:
        name: the name of the recognition model in requests.
        file: path of the file, or ``blob:container/name`` in the service's storage account.
        sha256: of the file.
        dimension: number of components of an embedding.
        channels: their order, ``rgb`` or ``bgr``.
        mean: subtracted from each channel (0 to 255).
        scale: divisor applied after the mean is subtracted.
        confidence: (cosine, confidence) knots from (-1, 0) to (1, 1).
        identification: (persons, score) pairs: the normalised score of confidence 0.5 in
            identification; empty: scores are not normalised.
    """

    name: str
    file: str
    sha256: str
    dimension: int
    channels: str
    mean: float
    scale: float
    confidence: Knots
    identification: Knots = ()

    @property
    def embedding_model(self) -> str:
        """The model name stored with embeddings. It depends on the file's digest: embeddings of
        another file under the same name are never compared with these.
        """
        return f"{self.name}-{self.sha256[:12]}"
