"""Cohorts of enrolled groups: what the file holds, and what verify says with it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import numpy as np
import pytest

from shared.domain.collections import FACE_LIST, LARGE_PERSON_GROUP, CollectionKey
from shared.domain.errors import BadArgument, CollectionNotFound
from shared.domain.values import Collection, Embedding, PersistedFace, Person
from shared.services.cohorts.cohort_file import CohortStamp, decode_cohort, encode_cohort
from shared.services.cohorts.enrolled_faces import EnrolledCohortFaces
from shared.services.cohorts.making import CohortMaking
from shared.services.cohorts.operator_cohort import OperatorCohort
from shared.services.recognition.comparison import Comparison
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.layout import COLLECTIONS, PEOPLE
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.marks import Marks
from shared.storage.records.collections.people import People
from shared.vision.confidence import ConfidenceCurve
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id
from tests.unit.services.cohorts.crowded_people import DIMENSION, SCALE, Crowd, crowd

MODEL = "sface"
CURVE = ConfidenceCurve([(-1, 0), (SCALE.same_cosine, 0.5), (SCALE.sure_cosine, 0.9), (1, 1)])


@dataclass
class Enrolled:
    """A store with a group of people, and what makes cohorts of it."""

    store: SqliteDocumentStore
    clock: ManualClock

    def __post_init__(self) -> None:
        self.collections = CollectionRecords(self.store.container(COLLECTIONS))
        self.people = People(self.store.container(PEOPLE))
        self.making = CohortMaking(
            self.collections,
            self.people,
            {MODEL: CohortStamp(MODEL, "float32", SCALE.same_cosine)},
            lambda _, confidence: CURVE.cosine(confidence),
            self.clock,
        )

    def enrol(self, name: str, made: Crowd, model: str = MODEL) -> CollectionKey:
        """Enrol people in a new group."""
        group = Collection(LARGE_PERSON_GROUP, name, name, "recognition_04", new_id())
        self.collections.create(group)
        persons = []
        for number in range(len(made.faces.names)):
            person_id = new_id()
            faces = [
                PersistedFace(str(uuid.uuid4()), person_id, Embedding(vector, model))
                for vector in made.faces.vectors[made.faces.people == number]
            ]
            ids = tuple(face.persisted_face_id for face in faces)
            persons.append((Person(person_id, f"person {number}", None, ids), faces))
        self.people.create_all(group, persons)
        return group.key


@pytest.fixture
def enrolled(store: SqliteDocumentStore, clock: ManualClock) -> Enrolled:
    return Enrolled(store, clock)


def test_a_cohort_of_groups_holds_ids_and_no_embeddings(enrolled: Enrolled) -> None:
    key = enrolled.enrol("people", crowd())
    content = encode_cohort(enrolled.making.of_groups([key]))
    cohort = decode_cohort(content, "cohort.json")
    assert cohort.vectors.shape == (0, DIMENSION)
    assert len({face.person_id for face in cohort.enrolled}) == 250
    assert {face.collection for face in cohort.enrolled} == {key}
    assert cohort.created == enrolled.clock.now()


def test_verify_accepts_few_pairs_of_children_with_it_and_adults_as_before(
    enrolled: Enrolled,
) -> None:
    cohort = enrolled.making.of_groups([enrolled.enrol("people", crowd())])
    living = EnrolledCohortFaces(
        cohort.enrolled,
        enrolled.collections,
        enrolled.people,
        Marks(enrolled.store.container(PEOPLE), new_id, enrolled.clock),
        enrolled.clock,
        model=MODEL,
        dimension=DIMENSION,
    )
    corrected = Comparison(
        {MODEL: CURVE},
        corrections={MODEL: OperatorCohort(cohort.rule, living.vectors, digest="made")},
    )
    others = crowd(seed=2)
    children = others.faces.vectors[others.is_child][::2]
    adults = others.faces.vectors[~others.is_child]
    different = ~np.eye(len(children), dtype=bool)
    raw = Comparison({MODEL: CURVE}).scores(MODEL, children, children)[different]
    now = corrected.scores(MODEL, children, children)[different]
    assert np.mean(raw >= SCALE.same_cosine) > 0.8
    assert np.mean(now >= SCALE.same_cosine) < 0.1
    for one, other in zip(adults[::2], adults[1::2], strict=True):
        pair = Embedding(one, MODEL), Embedding(other, MODEL)
        assert corrected.compare(*pair) == Comparison({MODEL: CURVE}).compare(*pair)


def test_groups_of_two_models_make_no_cohort(enrolled: Enrolled) -> None:
    keys = [enrolled.enrol("one", crowd(3, 0)), enrolled.enrol("other", crowd(3, 0), "own-1")]
    with pytest.raises(BadArgument, match="one model of this service"):
        enrolled.making.of_groups(keys)


def test_groups_without_faces_and_lists_make_no_cohort(enrolled: Enrolled) -> None:
    with pytest.raises(BadArgument, match="have no faces"):
        enrolled.making.of_groups([enrolled.enrol("empty", crowd(0, 0))])
    with pytest.raises(BadArgument, match="person groups"):
        enrolled.making.of_groups([CollectionKey(FACE_LIST, "list")])
    with pytest.raises(CollectionNotFound):
        enrolled.making.of_groups([CollectionKey(LARGE_PERSON_GROUP, "nowhere")])


def test_too_few_enrolled_people_are_refused(enrolled: Enrolled) -> None:
    with pytest.raises(BadArgument, match="there are 12"):
        enrolled.making.of_groups([enrolled.enrol("few", crowd(10, 2))])
