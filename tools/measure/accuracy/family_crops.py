"""Embeddings of Families in the Wild: aligned crops, many of them of children."""

from __future__ import annotations

import sys

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from shared.domain.values import Embedding
from shared.vision.embedder import Embedder
from shared.vision.runtime.manifest import Task, load_manifest
from shared.vision.runtime.precision import chosen_build
from shared.vision.runtime.sessions import Sessions
from tools.measure.accuracy.embeddings import CACHE, cache_key, length_of, wanted_precision
from tools.measure.accuracy.galleries import Faces
from tools.measure.accuracy.reference import DATA


def family_faces() -> Faces:
    """The faces of `families`, embedded without detection.

    Computed once for a set of models, which takes about three minutes.
    """
    names = _names()
    persons = ["/".join(name.split("/")[:2]) for name in names]
    numbers = {person: number for number, person in enumerate(sorted(set(persons)))}
    vectors, lengths = _cached(names)
    return Faces(vectors, np.array([numbers[person] for person in persons]), lengths)


def families_of_images() -> NDArray[np.int64]:
    """The number of the family of each image of ``family_faces``."""
    families = [name.split("/")[0] for name in _names()]
    return np.unique(families, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _names() -> list[str]:
    folder = DATA / "families"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg"))


def _cached(names: list[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Vectors and lengths; see Faces."""
    path = CACHE / f"families-lengths-{cache_key()}.npz"
    if not path.exists():
        print(f"embedding {len(names)} images", file=sys.stderr)
        recognition = load_manifest().first(Task.RECOGNITION)
        session = Sessions().session(chosen_build(recognition, wanted_precision()))
        embedder = Embedder(session, recognition)
        embeddings = [_embedded(embedder, name) for name in names]
        vectors = np.stack([one.vector for one in embeddings])
        lengths = np.array([length_of(one) for one in embeddings], np.float32)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.savez(file, vectors=vectors, lengths=lengths)
    with np.load(path) as kept:
        return kept["vectors"], kept["lengths"]


def _embedded(embedder: Embedder, name: str) -> Embedding:
    with PIL.Image.open(DATA / "families" / name) as image:
        pixels = np.ascontiguousarray(np.asarray(image.convert("RGB")))
    return embedder.embed(pixels)
