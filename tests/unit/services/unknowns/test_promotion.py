"""A cluster becomes one person, also where a promotion breaks or two come at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from shared.composition.container import Container
from shared.domain.collections import LARGE_PERSON_GROUP, CollectionKey
from shared.domain.errors import BadArgument, ConcurrentOperation, UnknownNotFound
from shared.domain.face.attributes import Level
from shared.domain.face.geometry import Rectangle
from shared.domain.face.unknowns import NewPerson, Sighting
from shared.domain.values import Embedding, Person
from shared.services.unknowns.clustering import Clustering
from shared.services.unknowns.promotion import MOST_FACES
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id
from tests.doubles.interruptions import InterruptedStore, Interruption, Interruptions
from tests.unit.services.unknowns.conftest import vector

GROUP = CollectionKey(LARGE_PERSON_GROUP, "staff")
ADA = NewPerson("Ada", None)


@pytest.fixture
def interruptions() -> Interruptions:
    """Of the calls to the container's store."""
    return Interruptions()


@pytest.fixture
def container(
    tmp_path: Path, clock: ManualClock, interruptions: Interruptions
) -> Iterator[Container]:
    """The service's objects over SQLite, with an untrained group."""
    environment = {
        "FACE_KEYS": "key",
        "FACE_DATA_DIR": str(tmp_path),
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
        "FACE_UNKNOWN_RETENTION_DAYS": "7",
    }
    container = Container(environment, clock=clock)
    vars(container.storage)["store"] = InterruptedStore(container.storage.store, interruptions)
    container.enrolment.collections.create(
        GROUP, name="staff", user_data=None, recognition_model="recognition_04"
    )
    yield container
    container.close()


def cluster_of(container: Container, *qualities: Level, model: str | None = None) -> str:
    """A cluster of faces of one person of these qualities, each larger than the one before."""
    clusters = container.discovery._clusters
    assert clusters is not None
    clustering = Clustering(
        clusters,
        container.discovery._indexes,
        lambda model: 0.5,
        new_id,
    )
    found = None
    for number, quality in enumerate(qualities):
        face = Embedding(
            vector(0, 0.01 * number).astype(np.float32),
            model or container.vision.embedding_model,
        )
        rectangle = Rectangle(0, 0, 40 + number, 40)
        seen = container.foundation.clock.now()
        found = clustering.add(Sighting(new_id(), "a.jpg", seen, rectangle, quality, face)) or found
    assert found is not None
    return found


def persons(container: Container) -> list[Person]:
    return container.enrolment.persons.page_persons(GROUP, start="", top=1_000)


def test_the_best_faces_become_the_person_s(container: Container) -> None:
    unknown_id = cluster_of(container, *[Level.MEDIUM] * 6, *[Level.HIGH] * 6, *[Level.LOW] * 3)
    made = container.discovery.promotion.promote(unknown_id, GROUP, ADA)
    assert len(made.face_ids) == MOST_FACES
    (person,) = persons(container)
    assert (person.person_id, person.name) == (made.person_id, "Ada")
    assert set(person.persisted_face_ids) == set(made.face_ids)
    turned = [
        container.enrolment.persons.get_face(GROUP, person.person_id, one).embedding.vector[-1]
        for one in made.face_ids
    ]
    wanted = [np.sin(0.01 * number) for number in (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)]
    assert turned == pytest.approx(wanted, abs=1e-5)
    with pytest.raises(UnknownNotFound):
        container.discovery.promotion.promote(unknown_id, GROUP, ADA)


def test_a_promotion_that_broke_goes_on_with_its_person(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown_id = cluster_of(container, Level.HIGH, Level.HIGH)
    promotion = container.discovery.promotion

    def broken(unknown_id: str, *, promoted_to: str) -> None:
        raise ConnectionError

    monkeypatch.setattr(promotion._unknowns, "forget", broken)
    with pytest.raises(ConnectionError):
        promotion.promote(unknown_id, GROUP, ADA)
    made = container.discovery.promotion.promote(unknown_id, GROUP, ADA)
    (person,) = persons(container)
    assert person.person_id == made.person_id
    assert set(person.persisted_face_ids) == set(made.face_ids)


def test_a_promotion_that_made_no_person_is_waited_for_and_then_begun_again(
    container: Container, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown_id = cluster_of(container, Level.HIGH)

    def broken(*args: object, **more: object) -> str:
        raise ConnectionError

    monkeypatch.setattr(container.enrolment.persons, "create_person", broken)
    with pytest.raises(ConnectionError):
        container.discovery.promotion.promote(unknown_id, GROUP, ADA)
    monkeypatch.undo()
    with pytest.raises(ConcurrentOperation):
        container.discovery.promotion.promote(unknown_id, GROUP, ADA)
    clock.advance(timedelta(minutes=2))
    container.discovery.promotion.promote(unknown_id, GROUP, ADA)
    assert len(persons(container)) == 1


def test_faces_of_another_embedding_model_are_refused(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown_id = cluster_of(container, Level.HIGH)
    promotion = container.discovery.promotion
    monkeypatch.setattr(promotion, "_embedding_model", lambda model: "another")
    with pytest.raises(BadArgument):
        promotion.promote(unknown_id, GROUP, ADA)
    assert persons(container) == []


def calls_of_a_promotion(container: Container, interruptions: Interruptions) -> int:
    """How many calls of the store one takes."""
    unknown_id = cluster_of(container, Level.HIGH)
    interruptions.plan(None)
    container.discovery.promotion.promote(unknown_id, GROUP, ADA)
    return interruptions.calls


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("creates", [True, False])
def test_a_cluster_is_promoted_or_forgotten_whenever_the_other_comes(
    container: Container, interruptions: Interruptions, *, first: bool, creates: bool
) -> None:
    known = container.enrolment.persons.create_person(GROUP, name="Bob", user_data=None)
    answers: list[str] = []

    def forget() -> None:
        try:
            container.discovery.unknowns.forget(unknown_id)
            answers.append("forgotten")
        except (ConcurrentOperation, UnknownNotFound):
            answers.append("refused")

    for at in range(1, calls_of_a_promotion(container, interruptions) + 1):
        unknown_id = cluster_of(container, Level.HIGH)
        before = [(one.person_id, one.persisted_face_ids) for one in persons(container)]
        interruptions.plan(Interruption(at, forget, first))
        try:
            container.discovery.promotion.promote(unknown_id, GROUP, ADA if creates else known)
            answers.append("promoted")
        except UnknownNotFound:
            answers.append("gone")
        interruptions.plan(None)
        after = [(one.person_id, one.persisted_face_ids) for one in persons(container)]
        if len(answers) == 2 * at:  # Else the call was not reached: one promotion takes fewer.
            assert answers[-2:] in (["forgotten", "gone"], ["refused", "promoted"])
        assert (after == before) == (answers[-1] == "gone")
    assert {"forgotten", "refused"} < set(answers)


@pytest.mark.parametrize("first", [True, False])
def test_a_promotion_that_comes_twice_at_once_creates_one_person(
    container: Container, interruptions: Interruptions, *, first: bool
) -> None:
    def promote() -> None:
        with suppress(ConcurrentOperation, UnknownNotFound):
            container.discovery.promotion.promote(unknown_id, GROUP, ADA)

    for at in range(1, calls_of_a_promotion(container, interruptions) + 1):
        unknown_id = cluster_of(container, Level.HIGH)
        before = len(persons(container))
        interruptions.plan(Interruption(at, promote, first))
        promote()
        interruptions.plan(None)
        made = persons(container)
        assert len(made) == before + 1
        assert all(len(one.persisted_face_ids) == 1 for one in made)
