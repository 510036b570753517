"""Recall of searches of the vector index, which score only the rows that they request."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from shared.domain.values import Embedding
from shared.domain.vectors import ScoredRow, VectorRow
from shared.gallery.normalisation.cohort import COHORT_PERSONS, Cohort
from shared.gallery.normalisation.figures import figures_of
from shared.gallery.search.indexed_faces import IndexedCollection
from shared.gallery.search.person_rows import PersonRows, Subtraction, score_all
from shared.gallery.search.vector_index import GallerySize, PersonMatch
from shared.services.training.index_rows import index_rows
from shared.storage.records.collections.training_faces import TrainingFace
from tools.measure.accuracy.family_crops import family_faces
from tools.measure.accuracy.galleries import Faces, length_rule, scales
from tools.measure.accuracy.identification import lfw_faces
from tools.measure.accuracy.table import Table
from tools.measure.speed.galleries.made_up_gallery import Gallery

_MADE_UP_FACES = 100_000
_PROBES = 300
_MODEL = "sface_2021dec"

_MOST_CANDIDATES = 10

_Found = Sequence[Sequence[tuple[str, float]]]
"""For each probe the ids of persons and their scores, best first."""


class _ExactRows:
    """An exact index, which compares all rows; records the number of requested rows."""

    def __init__(self, rows: Sequence[VectorRow]) -> None:
        self.requested = 0
        self._rows = rows
        self._vectors = np.stack([row.vector for row in rows])

    def nearest(self, probe: NDArray[np.float32], count: int) -> Sequence[ScoredRow]:
        """See FaceVectors.nearest."""
        self.requested += count
        cosines = self._vectors @ probe
        count = min(count, len(cosines))
        best = np.argpartition(-cosines, count - 1)[:count]
        return [
            _scored(self._rows[row], float(cosines[row]))
            for row in best[np.argsort(-cosines[best])]
        ]


def measure() -> Table:
    """Recall against a scan of all rows by the same scores."""
    made_up, made_up_probes = _made_up()
    rows = []
    for name, enrolled, probes in (
        ("LFW", *_split(lfw_faces())),
        ("families", *_split(family_faces())),
        ("made up", made_up, made_up_probes),
    ):
        compared = _Compared(enrolled, probes)
        for count in (1, 10):
            for confidence in (None, 0.5):
                figures = compared.recall(count, confidence)
                rows.append((name, len(enrolled), count, confidence or "any", *figures))
    return Table(
        "Recall of the vector index: persons of a scan of all faces by the same scores that are"
        " found in the rows that the index is requested for, if the index itself misses none",
        ("set", "faces", "candidates", "confidence from", "first person", "all", "rows"),
        rows,
    )


class _Compared:
    """A gallery searched with an index and by a scan."""

    def __init__(self, enrolled: Sequence[TrainingFace], probes: Sequence[Embedding]) -> None:
        self._probes = np.stack([probe.vector for probe in probes])
        self._index = _ExactRows(
            [
                row
                for rows in index_rows(enrolled, normalised=True, rule=length_rule())
                for row in rows
            ]
        )
        size = GallerySize(len(enrolled), normalised=True, of_probes=False)
        self._faces = IndexedCollection(_MODEL, self._index.nearest, size).without([])
        self._scale = scales().scale(_MODEL, size)
        self._handicaps = self._scale.handicaps(probes)
        self._scanned = _scanned(
            _exact(enrolled), self._probes, self._scale.least_subtracted, self._handicaps
        )

    def recall(self, count: int, confidence: float | None) -> tuple[str, str, str]:
        """The shares of best persons and of all persons that are found, and the rows of a search.

        Args:
            count: number of requested persons.
            confidence: minimum confidence; None: any.
        """
        floor = -2.0 if confidence is None else self._scale.least_score(confidence)
        self._index.requested = 0
        found = self._faces.nearest_persons(
            self._probes,
            count=count,
            floor=floor,
            least=self._scale.least_subtracted,
            handicaps=self._handicaps,
        )
        wanted = [
            (ours, theirs)
            for ours, theirs in zip(
                _above(_pairs(found), floor, count),
                _above(self._scanned, floor, count),
                strict=True,
            )
            if theirs
        ]
        first = [ours[:1] == theirs[:1] for ours, theirs in wanted]
        everyone = [len({*ours} & {*theirs}) / len(theirs) for ours, theirs in wanted]
        requested = self._index.requested / len(self._probes)
        return f"{np.mean(first):.4f}", f"{np.mean(everyone):.4f}", f"{requested:.0f}"


def _above(found: _Found, floor: float, count: int) -> list[list[str]]:
    return [[person for person, score in some[:count] if score >= floor] for some in found]


def _pairs(found: Sequence[Sequence[PersonMatch]]) -> _Found:
    return [[(one.person_id, one.score) for one in some] for some in found]


def _scanned(
    rows: PersonRows,
    probes: NDArray[np.float32],
    least: float | None,
    handicaps: Sequence[float],
) -> _Found:
    """The best persons by the scores of the index, from all rows."""
    ids = [str(uuid.UUID(bytes=one.tobytes())) for one in rows.person_ids]
    found = []
    for probe, handicap in zip(probes, handicaps, strict=True):
        (one,) = score_all(_with_handicap(rows, handicap), probe[None], [Subtraction(least, None)])
        best = np.argsort(-one.scores, kind="stable")[:_MOST_CANDIDATES]
        found.append([(ids[person], float(one.scores[person])) for person in best])
    return found


def _with_handicap(rows: PersonRows, handicap: float) -> PersonRows:
    """The rows with a probe's handicap added to their figures, as the index does."""
    if rows.figures is None:
        return rows
    means = rows.figures.face_means + np.float32(handicap)
    of_persons = rows.figures.person_means + np.float32(handicap)
    return replace(rows, figures=replace(rows.figures, face_means=means, person_means=of_persons))


def _exact(enrolled: Sequence[TrainingFace]) -> PersonRows:
    """The faces in the form of a snapshot, with the cohort of the index."""
    vectors = np.stack([face.embedding.vector for face in enrolled])
    ids = np.frombuffer(b"".join(face.person_id for face in enrolled), np.uint8).reshape(-1, 16)
    begins = np.flatnonzero(np.concatenate([[True], (ids[1:] != ids[:-1]).any(axis=1)]))
    persons = np.ascontiguousarray(ids[begins])
    offsets = np.append(begins, len(ids)).astype(np.int64)
    members = slice(0, COHORT_PERSONS)
    cohort = Cohort(vectors[begins[members]], [one.tobytes() for one in persons[members]])
    rule = length_rule()
    # Figures hold twice the handicap, because half of a figure is used; here all of it is.
    halves = [rule.handicap(face.embedding.length) / 2 for face in enrolled]
    columns = cohort.columns_of(persons)
    figures = figures_of(vectors, offsets, cohort, columns, np.array(halves, np.float32))
    return PersonRows(vectors, offsets, persons, figures)


def _split(known: Faces) -> tuple[list[TrainingFace], list[Embedding]]:
    """Most images as enrolled faces, in order of person; the others as probes."""
    generator = np.random.default_rng(8)
    order = generator.permutation(len(known.people))
    chosen, probes = order[_PROBES:], order[:_PROBES]
    names = {person: generator.bytes(16) for person in np.unique(known.people)}
    faces = [
        TrainingFace(
            names[known.people[row]],
            generator.bytes(16),
            _embedding(known, row),
        )
        for row in chosen
    ]
    ordered = sorted(faces, key=lambda face: face.person_id)
    return ordered, [_embedding(known, row) for row in probes]


def _embedding(known: Faces, row: int) -> Embedding:
    length = None if known.lengths is None else float(known.lengths[row])
    return Embedding(known.vectors[row], _MODEL, length)


def _made_up() -> tuple[list[TrainingFace], list[Embedding]]:
    gallery = Gallery(_MADE_UP_FACES, _MODEL)
    faces = [
        TrainingFace(
            uuid.UUID(chunk.person_ids[owner]).bytes,
            uuid.UUID(face_id).bytes,
            Embedding(vector, _MODEL),
        )
        for chunk in gallery.chunks()
        for owner, face_id, vector in zip(chunk.owners, chunk.face_ids, chunk.vectors, strict=True)
    ]
    probes = [Embedding(vector, _MODEL) for vector in gallery.probes(_PROBES)[1]]
    return sorted(faces, key=lambda face: face.person_id), probes


def _scored(row: VectorRow, cosine: float) -> ScoredRow:
    face_id = None if row.face_id is None else str(uuid.UUID(bytes=row.face_id))
    return ScoredRow(
        str(uuid.UUID(bytes=row.person_id)),
        face_id,
        cosine,
        row.cohort_mean,
        row.several,
        tuple(str(uuid.UUID(bytes=one)) for one in row.mean_of),
    )
