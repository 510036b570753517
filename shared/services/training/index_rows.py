"""Rows of the vector index for a collection: its faces, and the figures that normalise scores.

The cohort is the first persons of the collection. Their ids are random, so they are a random
sample, and the faces need to be read only once; drawing the cohort by a hash, as snapshots do,
would require all ids to be read beforehand. The cohort is not stored; each row has its cohort mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import numpy as np

from shared.domain.models import UNCOUNTED, LengthRule
from shared.domain.vectors import VectorRow
from shared.gallery.normalisation.cohort import COHORT_PERSONS, Cohort
from shared.gallery.normalisation.figures import figures_of
from shared.storage.records.collections.training_faces import TrainingFace

_PERSONS_AT_ONCE = COHORT_PERSONS

_Persons = Sequence[Sequence[TrainingFace]]


def index_rows(
    faces: Iterable[TrainingFace], *, normalised: bool, rule: LengthRule = UNCOUNTED
) -> Iterator[Sequence[VectorRow]]:
    """The rows of the vector index, those of up to ``COHORT_PERSONS`` persons at a time.

    Args:
        faces: of one model; the faces of a person are consecutive.
        normalised: whether rows have cohort means, and each person with several faces has an
            additional row for their mean.
        rule: the effect of the lengths of embeddings.
    """
    cohort: Cohort | None = None
    for persons in _some_persons(faces):
        if not normalised:
            yield [
                VectorRow(face.person_id, face.face_id, face.embedding.vector)
                for own in persons
                for face in own
            ]
            continue
        if cohort is None:
            cohort = Cohort(
                np.stack([own[0].embedding.vector for own in persons]).astype(np.float32),
                [own[0].person_id for own in persons],
            )
        yield list(_normalised(persons, cohort, rule))


def _some_persons(faces: Iterable[TrainingFace]) -> Iterator[_Persons]:
    """The faces by person, up to ``_PERSONS_AT_ONCE`` persons at a time."""
    some: list[Sequence[TrainingFace]] = []
    for _, own in groupby(faces, key=lambda face: face.person_id):
        some.append(list(own))
        if len(some) == _PERSONS_AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _normalised(persons: _Persons, cohort: Cohort, rule: LengthRule) -> Iterator[VectorRow]:
    vectors = np.stack([face.embedding.vector for own in persons for face in own])
    vectors = vectors.astype(np.float32)
    offsets = np.cumsum([0, *(len(own) for own in persons)], dtype=np.int64)
    ids = np.frombuffer(b"".join(own[0].person_id for own in persons), np.uint8).reshape(-1, 16)
    # Figures hold twice the handicap, because half of a figure is used; here all of it is.
    halves = [rule.handicap(face.embedding.length) / 2 for own in persons for face in own]
    columns = cohort.columns_of(ids)
    figures = figures_of(vectors, offsets, cohort, columns, np.array(halves, np.float32))
    for number, own in enumerate(persons):
        rows = range(offsets[number], offsets[number + 1])
        for row, face in zip(rows, own, strict=True):
            mean = float(figures.face_means[row])
            yield VectorRow(face.person_id, face.face_id, vectors[row], mean, several=len(own) > 1)
        length = figures.person_lengths[number]
        if len(own) > 1 and length > 0:
            yield VectorRow(
                own[0].person_id,
                None,
                vectors[rows.start : rows.stop].sum(axis=0) / length,
                float(figures.person_means[number]),
                mean_of=tuple(face.face_id for face in own),
            )
