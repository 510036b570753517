"""Embeddings of Labeled Faces in the Wild, computed by the service's own pipeline and cached."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.domain.models import Precision
from shared.domain.values import Embedding
from shared.vision.analyzer import FaceAnalyzer, load_analyzer
from shared.vision.runtime.manifest import MANIFEST_PATH, Task, load_manifest
from shared.vision.runtime.precision import chosen_build
from tools.measure.accuracy.reference import central_face, lfw_image, lfw_pairs

CACHE = Path(__file__).resolve().parents[3] / ".build" / "accuracy"

FOLDS = (1, 2, 3, 4, 5)
_DIGITS = 4
"""Digits of an image's number, which follows an underscore at the end of its name."""

_Embedded = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]
"""Vectors, lengths and whether a face was found; see FaceSet."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceSet:
    """The faces of n images; no person is in two folds.

    Attributes:
        vectors: float32, (n, dimension), of unit length; zeros where no face was found.
        lengths: float32, (n,): the lengths of the vectors before they were normalised; zeros where
            no face was found.
        found: bool, (n,): whether a face was found.
        people: (n,), a number for each person.
        folds: (n,), 1 to 5.
        rows: image name → row.
    """

    vectors: NDArray[np.float32]
    lengths: NDArray[np.float32]
    found: NDArray[np.bool_]
    people: NDArray[np.int64]
    folds: NDArray[np.int64]
    rows: dict[str, int]

    def of(self, *folds: int) -> NDArray[np.intp]:
        """The rows with a face in some folds."""
        return np.flatnonzero(np.isin(self.folds, folds) & self.found)


def faces() -> FaceSet:
    """The faces of folds 1 to 5; in each image, the one nearest the centre.

    Computed once for a set of models, which takes about two minutes.
    """
    folds = {name: pair.fold for pair in lfw_pairs() for name in (pair.first, pair.second)}
    names = sorted(folds)
    persons = [Path(name).stem[: -_DIGITS - 1] for name in names]
    numbers = {person: number for number, person in enumerate(sorted(set(persons)))}
    vectors, lengths, found = _cached(names)
    return FaceSet(
        vectors,
        lengths,
        found,
        np.array([numbers[person] for person in persons]),
        np.array([folds[name] for name in names]),
        {name: row for row, name in enumerate(names)},
    )


def _cached(names: list[str]) -> _Embedded:
    path = CACHE / f"lfw-lengths-{cache_key()}.npz"
    if not path.exists():
        print(f"embedding {len(names)} images", file=sys.stderr)
        vectors, lengths, found = _embedded(load_analyzer(precision=wanted_precision()), names)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.savez(file, vectors=vectors, lengths=lengths, found=found)
    with np.load(path) as kept:
        return kept["vectors"], kept["lengths"], kept["found"]


def cache_key() -> str:
    """Part of the names of caches; changes with the models and with the code that embeds."""
    digest = hashlib.sha256()
    for model in load_manifest().built:
        digest.update(model.sha256.encode())
    for module in sorted(MANIFEST_PATH.parents[1].rglob("*.py")):
        digest.update(module.read_bytes())
    digest.update(
        chosen_build(load_manifest().first(Task.RECOGNITION), wanted_precision()).file.encode()
    )
    return digest.hexdigest()[:16]


def wanted_precision() -> Precision:
    """FACE_PRECISION, as the service reads it."""
    return Precision(os.environ.get("FACE_PRECISION", Precision.AUTO))


def _embedded(analyzer: FaceAnalyzer, names: list[str]) -> _Embedded:
    vectors = np.zeros((len(names), analyzer.dimension), np.float32)
    lengths = np.zeros(len(names), np.float32)
    found = np.zeros(len(names), np.bool_)
    for row, name in enumerate(names):
        image = analyzer.decode(lfw_image(name))
        face = central_face(analyzer, image)
        if face is not None:
            embedding = analyzer.embed(image, [face])[0]
            vectors[row], lengths[row] = embedding.vector, length_of(embedding)
            found[row] = True
    return vectors, lengths, found


def length_of(embedding: Embedding) -> float:
    """The length, before it was normalised, of an embedding that was just computed."""
    if embedding.length is None:
        raise ValueError("An embedding was computed without its length.")
    return embedding.length
