"""The faces that a search can find, and what identification of made-up faces was fitted to."""

from __future__ import annotations

import numpy as np

from shared.domain.collections import CollectionKey
from shared.domain.models import IdentificationFit
from shared.services.galleries.galleries import Galleries
from tests.unit.gallery.made_up_faces import unit

DIMENSION = 32
FIT = IdentificationFit(((1, 0.2), (1_000, 0.2)), ((-0.1, 0.3), (0.0, 0.5), (0.1, 0.7)))


def found_by(galleries: Galleries, key: CollectionKey) -> set[str]:
    """All faces that can be found in a collection; each is found once."""
    probe = unit(np.ones((1, DIMENSION), np.float32))
    found = galleries.open(key).faces.nearest_faces(probe, count=100_000)[0]
    assert len({match.face_id for match in found}) == len(found)
    return {match.face_id for match in found}
