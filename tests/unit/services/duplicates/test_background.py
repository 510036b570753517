"""A large collection is searched by a queue: once, in steps, resumed, and anew where it changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from shared.composition.container import Container
from shared.domain.directory import DirectoryScope
from shared.domain.errors import UnsupportedFeature
from shared.domain.face.duplicates import DuplicatesPage, DuplicatesRunning
from shared.domain.values import Embedding, PersistedFace
from shared.gallery.duplicates import alike
from shared.gallery.normalisation.crowding import CrowdingRule
from shared.services.cohorts.operator_cohort import OperatorCohort
from shared.services.duplicates import background, duplicates
from shared.services.duplicates.background import DuplicateSearches
from shared.services.duplicates.duplicates import Duplicates
from shared.services.duplicates.scopes import PersonScopes
from shared.services.messages import DuplicatesMessage
from shared.services.queue_policy import LEASE, LOST_WHEN_QUEUE_IS_EMPTY
from shared.services.recognition.comparison import Comparison
from shared.storage.documents.store import Key
from shared.storage.layout import DUPLICATES_QUEUE, OPERATIONS
from tests.doubles.clocks import ManualClock
from tests.doubles.curves import CosineCurve
from tests.doubles.identifiers import new_id
from tests.doubles.queues import RecordingQueues
from tests.unit.gallery.made_up_faces import unit

MODEL = "recognition_04"
NAME = f"directory:{MODEL}"


class SearchedDirectory:
    """A directory whose persons are too many for a request, and what searches it."""

    def __init__(self, container: Container, clock: ManualClock) -> None:
        self.container = container
        self.queues = RecordingQueues()
        self.people = container.storage.directory
        self.records = container.storage.duplicate_searches
        scopes = PersonScopes(
            container.galleries.trained,
            container.storage.people,
            container.galleries.directory,
            self.people,
        )
        comparison = container.vision.comparison
        self._scopes, self._clock = scopes, clock
        self.compare_by(comparison)
        self.generator = np.random.default_rng(1)

    def compare_by(self, comparison: Comparison) -> None:
        """As after a start with other settings."""
        scopes, clock = self._scopes, self._clock
        self.searches = DuplicateSearches(self.records, scopes, comparison, self.queues, clock)
        self.duplicates = Duplicates(scopes, self.searches, comparison, clock)

    def compare_by_cohort(self, crowd: NDArray[np.float32], digest: str) -> None:
        """As after a start with a cohort."""
        model = self.container.vision.embedding_model
        rule = CrowdingRule(neighbours=5, allowance=0.2)
        cohort = OperatorCohort(rule, lambda: crowd, digest=digest)
        self.compare_by(Comparison({model: CosineCurve()}, corrections={model: cohort}))

    def enrol(self, count: int) -> list[str]:
        """Persons with two faces each."""
        return [self._enrol() for _ in range(count)]

    def _enrol(self) -> str:
        directory = self.container.enrolment.person_directory
        person_id = directory.create_person(name="some", user_data=None).new_id
        for _ in range(2):
            vector = unit(self.generator.standard_normal(16, dtype=np.float32))
            embedding = Embedding(vector, self.container.vision.embedding_model)
            face = PersistedFace(new_id(), person_id, embedding)
            self.people.add_face(MODEL, face, maximum=10)
        return person_id

    def find(self) -> DuplicatesPage | DuplicatesRunning:
        """The answer of a request."""
        return self.duplicates.find(DirectoryScope(), MODEL, threshold=0.0, start="", top=1_000)

    def found(self) -> DuplicatesPage:
        """The answer of a request after the search."""
        page = self.find()
        assert isinstance(page, DuplicatesPage)
        return page

    def deliver(self) -> int:
        """Deliver the messages that were sent; returns how many there were."""
        messages = self.queues.take(DUPLICATES_QUEUE)
        for text in messages:
            self.searches.run(msgspec.json.decode(text, type=DuplicatesMessage))
        return len(messages)


@pytest.fixture
def directory(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SearchedDirectory]:
    environment = {
        "FACE_KEYS": "key",
        "FACE_DATA_DIR": str(tmp_path),
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    }
    container = Container(environment, clock=clock)
    yield SearchedDirectory(container, clock)
    container.close()


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four persons are too many for a request, and a step compares one person."""
    monkeypatch.setattr(duplicates, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(alike, "_TALL", 1)


@pytest.mark.usefixtures("small_limits")
def test_a_search_by_the_queue_finds_what_one_in_the_request_does(
    directory: SearchedDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.enrol(6)
    assert directory.find() == DuplicatesRunning(0)
    assert directory.find() == DuplicatesRunning(0)
    assert directory.deliver() == 1
    page = directory.found()
    assert len(page.pairs) == 15
    assert directory.found() == page
    assert directory.queues.sent == []
    monkeypatch.setattr(duplicates, "MOST_AT_ONCE", 6)
    at_once = directory.found()
    assert (at_once.pairs, at_once.mixed) == (page.pairs, page.mixed)
    assert len(page.mixed) > 0


@pytest.mark.usefixtures("small_limits")
def test_a_deleted_person_and_face_leave_the_answer_at_once(directory: SearchedDirectory) -> None:
    person, other, *_ = directory.enrol(4)
    directory.find()
    directory.deliver()
    directory.container.enrolment.person_directory.delete_person(person)
    named = [face.person_id for pair in directory.found().pairs for face in pair.alike.faces]
    assert person not in named and other in named
    assert person not in {one.mixed.person_id for one in directory.found().mixed}


@pytest.mark.usefixtures("small_limits")
def test_a_long_search_goes_on_in_other_deliveries_and_says_how_far_it_is(
    directory: SearchedDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.enrol(6)
    monkeypatch.setattr(background, "_OF_ONE_MESSAGE", timedelta(0))
    directory.find()
    percents = []
    while True:
        answer = directory.find()
        if isinstance(answer, DuplicatesPage):
            break
        percents.append(answer.percent)
        assert directory.deliver() == 1
    assert percents == sorted(percents)
    assert len(set(percents)) > 3
    monkeypatch.setattr(duplicates, "MOST_AT_ONCE", 6)
    assert directory.found().pairs == answer.pairs


@pytest.mark.usefixtures("small_limits")
def test_a_message_that_was_lost_is_sent_again(
    directory: SearchedDirectory, clock: ManualClock
) -> None:
    directory.enrol(4)
    directory.find()
    directory.queues.take(DUPLICATES_QUEUE)
    clock.advance(LOST_WHEN_QUEUE_IS_EMPTY + timedelta(seconds=1))
    assert directory.find() == DuplicatesRunning(0)
    assert directory.deliver() == 1
    assert len(directory.found().pairs) == 6


@pytest.mark.usefixtures("small_limits")
def test_a_message_that_comes_twice_searches_once(
    directory: SearchedDirectory, clock: ManualClock
) -> None:
    directory.enrol(4)
    directory.find()
    (text,) = directory.queues.take(DUPLICATES_QUEUE)
    message = msgspec.json.decode(text, type=DuplicatesMessage)
    directory.searches.run(message)
    computed = directory.found().computed
    clock.advance(1)
    directory.searches.run(message)
    assert directory.found().computed == computed


@pytest.mark.usefixtures("small_limits")
def test_a_search_that_a_worker_holds_waits_for_its_lease(
    directory: SearchedDirectory, clock: ManualClock
) -> None:
    directory.enrol(4)
    directory.find()
    search = directory.records.find(NAME)
    assert search is not None
    assert directory.records.write(replace(search, lease_expires=clock.now() + LEASE)) is not None
    directory.deliver()
    assert directory.find() == DuplicatesRunning(0)
    (waiting,) = directory.queues.sent
    assert waiting.delay == LEASE.total_seconds()
    clock.advance(LEASE)
    directory.deliver()
    assert len(directory.found().pairs) == 6


@pytest.mark.usefixtures("small_limits")
def test_a_search_of_the_directory_is_made_anew_after_an_hour(
    directory: SearchedDirectory, clock: ManualClock
) -> None:
    directory.enrol(4)
    directory.find()
    directory.deliver()
    directory.enrol(1)
    assert len(directory.found().pairs) == 6
    clock.advance(timedelta(hours=1, seconds=1))
    assert directory.find() == DuplicatesRunning(0)
    directory.deliver()
    assert len(directory.found().pairs) == 10


@pytest.mark.usefixtures("small_limits")
def test_a_search_of_another_training_begins_again(
    directory: SearchedDirectory, clock: ManualClock
) -> None:
    directory.enrol(4)
    directory.find()
    search = directory.records.find(NAME)
    assert search is not None
    outdated = replace(search, version="before", person_id="f" * 8 + "-0000-4000-8000-" + "0" * 12)
    assert directory.records.write(outdated) is not None
    directory.deliver()
    assert len(directory.found().pairs) == 6


@pytest.mark.usefixtures("small_limits")
def test_a_cohort_lowers_pairs_of_crowded_faces_and_earlier_searches_begin_again(
    directory: SearchedDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.enrol(6)
    directory.find()
    directory.deliver()
    raw = directory.found()
    assert [one.alike.score for one in raw.pairs] == [one.alike.cosine for one in raw.pairs]
    crowd = unit(np.random.default_rng(2).standard_normal((20, 16), dtype=np.float32))
    directory.compare_by_cohort(crowd, "one")

    assert directory.find() == DuplicatesRunning(0)
    directory.deliver()

    page = directory.found()
    scores = [one.alike.score for one in page.pairs]
    assert scores == sorted(scores, reverse=True)
    assert any(one.alike.score < one.alike.cosine for one in page.pairs)
    assert all(one.alike.score <= one.alike.cosine for one in page.pairs)
    monkeypatch.setattr(duplicates, "MOST_AT_ONCE", 6)
    assert directory.found().pairs == page.pairs


@pytest.mark.usefixtures("small_limits")
def test_what_was_found_under_one_cohort_is_not_shown_under_another(
    directory: SearchedDirectory,
) -> None:
    directory.enrol(6)
    generator = np.random.default_rng(2)
    one, another = (
        unit(generator.standard_normal((20, 16), dtype=np.float32)) for _ in ("one", "another")
    )
    directory.compare_by_cohort(one, "one")
    directory.find()
    directory.deliver()
    before = directory.found()
    directory.compare_by_cohort(another, "another")

    assert directory.find() == DuplicatesRunning(0)
    directory.deliver()

    after = directory.found()
    assert len(after.pairs) == len(before.pairs)
    assert [pair.alike.score for pair in after.pairs] != [pair.alike.score for pair in before.pairs]


@pytest.mark.usefixtures("small_limits")
def test_what_an_older_version_found_under_some_cohort_is_searched_again(
    directory: SearchedDirectory,
) -> None:
    directory.enrol(4)
    crowd = unit(np.random.default_rng(2).standard_normal((20, 16), dtype=np.float32))
    directory.compare_by_cohort(crowd, "one")
    directory.find()
    directory.deliver()
    container = directory.container.storage.store.container(OPERATIONS)
    key = Key(f"duplicates:{NAME}", f"duplicates:{NAME}")
    stored = container.get(key)
    assert stored is not None
    body = {name: value for name, value in stored.body.items() if name != "correction"}
    container.replace(key, {**body, "corrected": True}, etag=stored.etag)
    assert directory.find() == DuplicatesRunning(0)


@pytest.mark.usefixtures("small_limits")
def test_what_an_older_version_found_is_still_read(directory: SearchedDirectory) -> None:
    directory.enrol(4)
    directory.find()
    directory.deliver()
    page = directory.found()
    container = directory.container.storage.store.container(OPERATIONS)
    key = Key(f"duplicates:{NAME}", f"duplicates:{NAME}")
    stored = container.get(key)
    assert stored is not None
    body = {name: value for name, value in stored.body.items() if name != "correction"}
    body["pairs"] = [pair[:5] for pair in body["pairs"]]
    container.replace(key, body, etag=stored.etag)
    assert directory.found() == page


@pytest.mark.usefixtures("small_limits")
def test_what_was_found_goes_with_its_collection(directory: SearchedDirectory) -> None:
    directory.enrol(4)
    directory.find()
    directory.deliver()
    directory.records.forget(NAME)
    directory.records.drop(NAME)
    assert directory.records.find(NAME) is None
    assert directory.find() == DuplicatesRunning(0)


@pytest.mark.usefixtures("small_limits")
def test_too_many_faces_are_refused(
    directory: SearchedDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.enrol(4)
    monkeypatch.setattr(duplicates, "MOST_FACES", 7)
    with pytest.raises(UnsupportedFeature):
        directory.find()
