"""Random galleries, searched as the service searches them: its ranking, scale and rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.domain.models import UNCOUNTED, LengthRule
from shared.gallery.normalisation.cohort import Cohort, CohortRows, draw_persons
from shared.gallery.normalisation.figures import figures_of
from shared.gallery.search.person_rows import PersonParts, PersonRows, Subtraction, score_all
from shared.gallery.search.search import nearest_persons
from shared.gallery.search.vector_index import GallerySize, PersonMatch
from shared.services.recognition.identification_scale import IdentificationScales, Scale
from shared.vision.runtime.manifest import Task, load_manifest
from tools.measure.accuracy.verification import service_curve

_Confidence = Callable[[float], float]
_SALT = b"accuracy of identification"
_FEWEST_STRANGERS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Embedded images.

    Attributes:
        vectors: float32, (images, dimension), unit rows.
        people: (images,), a number for each person.
        lengths: float32, (images,): the lengths of the vectors before they were normalised; None:
            lengths have no effect.
    """

    vectors: NDArray[np.float32]
    people: NDArray[np.int64]
    lengths: NDArray[np.float32] | None = None

    def some(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> Faces:
        """Some of the images, selected by their indices or by a mask."""
        lengths = None if self.lengths is None else self.lengths[chosen]
        return Faces(self.vectors[chosen], self.people[chosen], lengths)

    def handicaps(self, rule: LengthRule) -> NDArray[np.float32]:
        """What is subtracted from the scores of each image: float32, (images,)."""
        if self.lengths is None:
            return np.zeros(len(self.vectors), np.float32)
        return np.array([rule.handicap(one) for one in self.lengths.tolist()], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """A random gallery and its probes, by image indices.

    Attributes:
        enrolled: images of the gallery's persons, ascending; those of a person are consecutive.
        members: another image of each enrolled person that has one.
        strangers: one image of each other person.
    """

    enrolled: NDArray[np.int64]
    members: NDArray[np.int64]
    strangers: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The results of searches, one entry per probe.

    Attributes:
        best: confidence of the best person.
        lead: lead of the best person over the second-best one.
        right: whether the best person is the probe's.
    """

    best: NDArray[np.float64]
    lead: NDArray[np.float64]
    right: NDArray[np.bool_]


def draws(
    faces: Faces, persons: int, *, times: int, images: int = 1, seed: int = 4
) -> Iterator[Draw]:
    """Random galleries of ``persons`` persons with ``images`` images each."""
    generator = np.random.default_rng(seed)
    known, counts = np.unique(faces.people, return_counts=True)
    eligible = known[counts >= images + (images > 1)]
    size = min(persons, len(eligible), len(known) - _FEWEST_STRANGERS)
    for _ in range(times):
        chosen = np.sort(generator.permutation(eligible)[:size])
        order = generator.permutation(len(faces.people))
        turn = _turns(faces.people[order])
        enrolled = order[np.isin(faces.people[order], chosen) & (turn < images)]
        members = order[np.isin(faces.people[order], chosen) & (turn == images)]
        strangers = order[~np.isin(faces.people[order], chosen) & (turn == 0)]
        yield Draw(enrolled[np.argsort(faces.people[enrolled], kind="stable")], members, strangers)


def _turns(people: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each image, the number of earlier images of its person."""
    order = np.argsort(people, kind="stable")
    starts = np.concatenate([[0], np.flatnonzero(np.diff(people[order])) + 1])
    counts = np.diff(np.append(starts, len(people)))
    turns = np.empty(len(people), np.int64)
    turns[order] = np.arange(len(people)) - np.repeat(starts, counts)
    return turns


class Gallery:
    """Some enrolled images, ready to be searched.

    Args:
        rule: the effect of lengths; None: that of the service.
    """

    def __init__(self, faces: Faces, draw: Draw, rule: LengthRule | None = None) -> None:
        self._faces = faces
        self._handicaps = faces.handicaps(length_rule() if rule is None else rule)
        vectors, people = faces.vectors[draw.enrolled], faces.people[draw.enrolled]
        persons, offsets = np.unique(people, return_index=True)
        self._people = persons
        offsets = np.append(offsets, len(people)).astype(np.int64)
        ids = np.zeros((len(persons), 16), np.uint8)
        ids[:, :8] = persons.astype(">u8").view(np.uint8).reshape(-1, 8)
        members = draw_persons(ids, _SALT)
        cohort = Cohort(vectors[offsets[members]], [ids[one].tobytes() for one in members])
        handicaps = self._handicaps[draw.enrolled]
        figures = figures_of(vectors, offsets, cohort, cohort.columns_of(ids), handicaps)
        self.rows = PersonRows(vectors, offsets, ids, figures)
        self.persons = PersonParts([self.rows], CohortRows(vectors, offsets[members]))

    def person_of(self, person_id: str) -> int:
        """The number of a person that a search found."""
        return int(person_id.replace("-", "")[:16], 16)

    def scale(self) -> Scale:
        """The scale for the gallery's size."""
        return scales().scale(MODEL, GallerySize(self.persons.living, normalised=True))

    def search(self, probes: NDArray[np.int64]) -> Found:
        """Search for images, by normalised scores."""
        scale = self.scale()
        return self._search(probes, scale.least_subtracted, scale.confidence)

    def best_scores(self, probes: NDArray[np.int64], least: float) -> list[float]:
        """The normalised score of the best person for each image.

        Args:
            least: the minimum subtracted from a cosine.
        """
        return [one[0].score for one in self.nearest(probes, count=1, least=least)]

    def nearest(
        self, probes: NDArray[np.int64], *, count: int, least: float | None
    ) -> list[list[PersonMatch]]:
        """The persons with the highest scores; see ``VectorIndex.nearest_persons``."""
        vectors, handicaps = self._faces.vectors[probes], self._handicaps[probes].tolist()
        return nearest_persons(self.persons, vectors, count=count, least=least, handicaps=handicaps)

    def subtractions(self, probes: NDArray[np.int64], least: float | None) -> list[Subtraction]:
        """What is subtracted from the cosines of images."""
        vectors, handicaps = self._faces.vectors[probes], self._handicaps[probes].tolist()
        return self.persons.subtraction(vectors, least, handicaps)

    def scores(
        self, probes: NDArray[np.int64], subtractions: Sequence[Subtraction]
    ) -> NDArray[np.float32]:
        """The scores of all persons, in order of their numbers: float32, (probes, persons)."""
        found = score_all(self.rows, self._faces.vectors[probes], subtractions)
        return np.stack([one.scores for one in found])

    def search_raw(self, probes: NDArray[np.int64]) -> Found:
        """Search for images as older versions did: by the best face's cosine, on verify's curve."""
        return self._search(probes, None, service_curve().confidence)

    def _search(
        self, probes: NDArray[np.int64], least: float | None, confidence: _Confidence
    ) -> Found:
        vectors = self._faces.vectors[probes]
        found = score_all(self.rows, vectors, self.subtractions(probes, least))
        first = np.array([one.scores.argmax() for one in found], np.int64)
        best = np.array([confidence(float(one.scores.max())) for one in found])
        second = np.zeros(len(found))
        if len(self._people) > 1:
            scores = [float(np.partition(one.scores, -2)[-2]) for one in found]
            second = np.array([confidence(score) for score in scores])
        return Found(best, best - second, self._people[first] == self._faces.people[probes])


MODEL = load_manifest().first(Task.RECOGNITION).name


def length_rule() -> LengthRule:
    """The effect of lengths with the built-in model."""
    fit = load_manifest().first(Task.RECOGNITION).identification
    return UNCOUNTED if fit is None else fit.length


def scales() -> IdentificationScales:
    """The committed scales of the built-in model."""
    recognition = load_manifest().first(Task.RECOGNITION)
    fits = {} if recognition.identification is None else {MODEL: recognition.identification}
    return IdentificationScales({MODEL: service_curve()}, fits)
