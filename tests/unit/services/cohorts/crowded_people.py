"""People for tests: adults who resemble no one, and children who resemble one another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.services.cohorts.fitting import PeopleFaces, VerifyScale
from tests.unit.gallery.made_up_faces import unit

SCALE = VerifyScale(same_cosine=0.388, sure_cosine=0.684)
DIMENSION = 128
_COMMON, _OWN, _IMAGE = np.float32(0.48), np.float32(0.37), np.float32(0.15)
"""Shares of the squared length of a child's embedding: all children's, the child's, the image's."""


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """Faces of people, the children last.

    Attributes:
        faces: their embeddings.
        is_child: of each face.
    """

    faces: PeopleFaces
    is_child: NDArray[np.bool_]


def crowd(adults: int = 220, children: int = 30, *, images: int = 2, seed: int = 1) -> Crowd:
    """People with cosines of about 0.85 (children) and 0.6 (adults) between their own images."""
    generator = np.random.default_rng(seed)
    people = np.repeat(np.arange(adults + children), images)
    is_child = people >= adults
    # The place where children lie belongs to the model: it is the same for every seed.
    centre = unit(np.random.default_rng(0).standard_normal(DIMENSION, dtype=np.float32))
    own = unit(generator.standard_normal((adults + children, DIMENSION), dtype=np.float32))[people]
    noise = unit(generator.standard_normal((len(people), DIMENSION), dtype=np.float32))
    young = np.sqrt(_COMMON) * centre + np.sqrt(_OWN) * own + np.sqrt(_IMAGE) * noise
    grown = np.sqrt(np.float32(0.6)) * own + np.sqrt(np.float32(0.4)) * noise
    vectors = unit(np.where(is_child[:, None], young, grown))
    names = [f"person {number}" for number in range(adults + children)]
    return Crowd(PeopleFaces(vectors, people, names), is_child)
