"""Candidates of a trained group: a searched face whose embedding was longer has lower scores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from shared.domain.models import IdentificationFit, LengthRule
from shared.domain.values import Embedding
from shared.services.recognition.candidate_rule import CandidateRule
from shared.services.recognition.comparison import Comparison
from shared.services.recognition.directory_identification import DirectoryIdentification
from shared.services.recognition.identification import Identification
from shared.services.recognition.identification_scale import IdentificationScales
from shared.storage.layout import FACES
from shared.storage.records.detected_faces import DetectedFaces
from shared.vision.confidence import ConfidenceCurve
from tests.unit.gallery.made_up_faces import unit
from tests.unit.services.groups.trainable_group import TrainableGroup

FIT = IdentificationFit(
    ((1, 0.2), (1_000, 0.2)),
    ((-0.1, 0.3), (0.0, 0.5), (0.1, 0.7)),
    length=LengthRule(0.01, 12.0),
)
CURVES = {"made-up": ConfidenceCurve([(-1.0, 0.0), (0.3, 0.5), (1.0, 1.0)])}


@pytest.fixture
def group(tmp_path: Path) -> Iterator[TrainableGroup]:
    group = TrainableGroup(tmp_path, normalised=True)
    yield group
    group.store.close()


def identification(group: TrainableGroup) -> Identification:
    return Identification(
        group.galleries,
        DetectedFaces(group.store.container(FACES), group.clock),
        Comparison(CURVES),
        IdentificationScales(CURVES, {"made-up": FIT}),
        CandidateRule(),
        cast("DirectoryIdentification", None),  # No test here searches the directory.
    )


def test_scores_fall_with_the_length_of_the_searched_face_s_embedding(
    group: TrainableGroup,
) -> None:
    known = [group.add_person().embedding.vector for _ in range(60)]
    group.train()
    searched = identification(group)
    noise = np.random.default_rng(3).standard_normal(known[0].shape, dtype=np.float32)
    probe = unit(known[0] + np.float32(0.6) * unit(noise))
    probes = [Embedding(probe, "made-up", length) for length in (None, 12.0, 16.0, 8.0)]

    ranked = searched.rank(searched.open(group.key), probes, count=1)

    unknown, typical, longer, shorter = (matches[0].score for matches in ranked.matches)
    assert unknown == typical
    assert longer < typical <= shorter
    assert typical - longer == pytest.approx(0.04, abs=0.04)
