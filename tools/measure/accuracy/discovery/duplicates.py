"""Recall and precision of the search for duplicates: persons that are enrolled twice."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from shared.gallery.duplicates.alike import AlikeSearch
from shared.gallery.duplicates.mixed import weakest_link
from shared.gallery.duplicates.person_faces import PersonFaces
from shared.services.cohorts.operator_cohort import OperatorCohort
from shared.services.duplicates.background import MIXED_CONFIDENCE
from tools.measure.accuracy.by_group.cohorts import cohorts_of
from tools.measure.accuracy.family_crops import family_faces
from tools.measure.accuracy.galleries import Faces
from tools.measure.accuracy.identification import lfw_faces
from tools.measure.accuracy.table import Table, proportion
from tools.measure.accuracy.verification import service_curve

_CONFIDENCES = (0.6, 0.7, 0.75, 0.8, 0.9)
_MIXED = (0.2, 0.25, MIXED_CONFIDENCE, 0.4, 0.5)
_SEED = 17
_MOST = 100_000
"""Maximum number of pairs; fewer reach the lowest of the confidences."""

_DIVIDED = 10
"""Every tenth person with several images is enrolled twice."""


def duplicates() -> Table:
    """Right and wrong pairs that are listed, by confidence."""
    curve = service_curve()
    rows = []
    for name, known, cohort in _compared():
        faces, people, twice = _divided(known)
        crowding = None if cohort is None else cohort.crowding(faces.vectors)
        search = AlikeSearch(faces, most=_MOST, crowding=crowding)
        for _ in search.steps():
            continue
        numbers = {faces.person_id(number): number for number in range(faces.persons)}
        pairs = search.pairs()
        scores = np.array([curve.confidence(pair.score) for pair in pairs])
        found = people[[[numbers[one.person_id] for one in pair.faces] for pair in pairs]]
        for confidence in _CONFIDENCES:
            listed = found[scores >= confidence]
            right = int((listed[:, 0] == listed[:, 1]).sum())
            rows.append(
                (
                    name, "no" if cohort is None else "yes", faces.persons, confidence, len(listed),
                    proportion(right, len(listed)), proportion(right, twice),
                )
            )  # fmt: skip
    return Table(
        "Persons who look like one, where the images of every tenth person with several are divided"
        " between two persons: pairs that are listed, the share of these that are one person, and"
        " the share of divided persons that is listed; as it is and with a cohort of 300 people of"
        " other families",
        ("set", "cohort", "persons", "confidence", "listed", "right", "found"),
        rows,
    )


def mixed_persons() -> Table:
    """Persons listed as mixed, among persons with images of one and of two people."""
    curve = service_curve()
    rows = []
    for name, known in _sets():
        generator = np.random.default_rng(_SEED)
        several = [one for one in _images(known) if len(one) > 1]
        pure = np.array([_link(known, one) for one in several])
        others = generator.permutation(len(several))
        mixed = np.array(
            [
                _link(known, np.concatenate([one, several[other][: generator.integers(1, 4)]]))
                for one, other in zip(several, others, strict=True)
                if one is not several[other]
            ]
        )
        for confidence in _MIXED:
            cosine = curve.cosine(confidence)
            rows.append(
                (
                    name, confidence,
                    proportion(int((mixed <= cosine).sum()), len(mixed)),
                    proportion(int((pure <= cosine).sum()), len(pure)),
                )
            )  # fmt: skip
    return Table(
        "Persons whose faces look like two people's: the share listed of persons to whom one to"
        " three images of another person were added, and of persons as they are",
        ("set", "confidence", "two people", "one person"),
        rows,
    )


def _compared() -> Iterator[tuple[str, Faces, OperatorCohort | None]]:
    """Whole sets without a cohort; LFW and half of the families with a cohort of the other half."""
    for name, known in _sets():
        yield name, known, None
    families = family_faces()
    half = cohorts_of(families)[0]
    cohort = OperatorCohort(half.made.fitted.rule, lambda: half.made.vectors, digest="half")
    others = families.some(~half.half)
    yield "LFW", lfw_faces(), cohort
    yield "half of the families", others, None
    yield "half of the families", others, cohort


def _sets() -> Iterator[tuple[str, Faces]]:
    yield "LFW", lfw_faces()
    yield "families", family_faces()


def _images(known: Faces) -> list[NDArray[np.intp]]:
    """The rows of each person."""
    order = np.argsort(known.people, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(known.people[order])) + 1)


def _link(known: Faces, rows: NDArray[np.intp]) -> float:
    vectors = known.vectors[rows]
    return weakest_link(vectors @ vectors.T)[0]


def _divided(known: Faces) -> tuple[PersonFaces, NDArray[np.int64], int]:
    """The faces, the true person of each enrolled one, and the number of persons enrolled twice."""
    enrolled: list[NDArray[np.intp]] = []
    people: list[int] = []
    several = 0
    twice = 0
    for person, rows in enumerate(_images(known)):
        parts: Sequence[NDArray[np.intp]] = [rows]
        if len(rows) > 1:
            several += 1
            if several % _DIVIDED == 0:
                parts = np.array_split(rows, 2)
                twice += 1
        enrolled += parts
        people += [person] * len(parts)
    offsets = np.cumsum([0, *(len(rows) for rows in enrolled)])
    rows = np.concatenate(enrolled)
    return (
        PersonFaces(known.vectors[rows], _ids(len(rows)), _ids(len(enrolled)), offsets),
        np.array(people),
        twice,
    )


def _ids(count: int) -> NDArray[np.uint8]:
    content = b"".join(uuid.UUID(int=number).bytes for number in range(count))
    return np.frombuffer(content, np.uint8).reshape(-1, 16)
