"""Embedding: an aligned face to a unit vector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.domain.errors import InvalidModel
from shared.domain.values import Embedding
from shared.vision.alignment import SIDE
from shared.vision.runtime.manifest import ModelEntry
from shared.vision.runtime.sessions import InferenceSession


@dataclass(frozen=True, slots=True)
class Preparation:
    """How an aligned face becomes the input of a model.

    Attributes:
        channels: the order of channels, ``rgb`` or ``bgr``.
        mean: subtracted from each value, 0 to 255.
        scale: divides the difference.
    """

    channels: str = "rgb"
    mean: float = 0.0
    scale: float = 1.0

    def planes(self, face: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The input, float32, (1, 3, 112, 112), of a face, uint8, (112, 112, 3), RGB."""
        ordered = face if self.channels == "rgb" else face[:, :, ::-1]
        planes = np.ascontiguousarray(ordered.transpose(2, 0, 1)[np.newaxis], dtype=np.float32)
        if (self.mean, self.scale) == (0.0, 1.0):
            return planes
        return (planes - np.float32(self.mean)) / np.float32(self.scale)


_AS_IT_IS = Preparation()
_NO_BANDS = np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class FaceFeatures:
    """The results of one pass over an aligned face.

    Attributes:
        vector: float32, (dimension,), unit length.
        length: the length of the vector before it was normalised, greater than 0.
        model: the embedding model.
        bands: float32, (n,): means of the feature maps' bands, in the manifest's order of layers,
            then by channel, then from the top down; empty if the model has none.
    """

    vector: NDArray[np.float32]
    length: float
    model: str
    bands: NDArray[np.float32]

    @property
    def embedding(self) -> Embedding:
        """The embedding of the face."""
        return Embedding(self.vector, self.model, self.length)


class Embedder:
    """SFace, or another model of its kind.

    Args:
        session: the loaded model.
        entry: its entry in the manifest.
        preparation: how its input is made; by default RGB 0 to 255, normalised inside the graph.

    Raises:
        InvalidModel: the entry is not that of a recognition model.
    """

    def __init__(
        self,
        session: InferenceSession,
        entry: ModelEntry,
        preparation: Preparation = _AS_IT_IS,
    ) -> None:
        if entry.dimension is None:
            raise InvalidModel(f"The model {entry.name} has no dimension: it makes no embeddings.")
        self._session = session
        self._input = entry.input_name
        self._preparation = preparation
        self.model = entry.name
        self.dimension = entry.dimension

    def embed(self, face: NDArray[np.uint8]) -> Embedding:
        """The embedding of one aligned face; see ``features``."""
        return self.features(face).embedding

    def features(self, face: NDArray[np.uint8]) -> FaceFeatures:
        """The embedding of one aligned face, and the bands of the feature maps.

        One face per run: larger batches are no faster, as measured, and the result for a face must
        not depend on the other faces of the image.

        Args:
            face: uint8, (112, 112, 3), RGB.

        Raises:
            InvalidModel: the model does not answer as its manifest entry says.
        """
        if face.shape != (SIDE, SIDE, 3):
            raise ValueError(f"An aligned face has shape (112, 112, 3), not {face.shape}.")
        planes = self._preparation.planes(face)
        answer, *maps = self._session.run(None, {self._input: planes})
        if answer.shape != (1, self.dimension):
            raise InvalidModel(
                f"The model {self.model} gives {answer.shape[-1]} numbers a face, its manifest"
                f" entry (or FACE_MODEL_DIMENSION) says {self.dimension}. Correct it, or build the"
                " models again with `make models`."
            )
        vector = answer[0].astype(np.float64)
        length = float(np.linalg.norm(vector))
        if not np.isfinite(length) or length == 0.0:
            raise InvalidModel(f"The model {self.model} gave an embedding without direction.")
        bands = np.concatenate([values.ravel() for values in maps] or [_NO_BANDS])
        return FaceFeatures((vector / length).astype(np.float32), length, self.model, bands)
