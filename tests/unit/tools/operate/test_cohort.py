"""The command that makes cohorts, from the groups of a store."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from shared.composition.container import Container
from shared.domain.collections import LARGE_PERSON_GROUP
from shared.domain.values import Collection, Embedding, PersistedFace, Person
from shared.services.cohorts.cohort_file import decode_cohort
from tests.doubles.identifiers import new_id
from tests.unit.services.cohorts.crowded_people import crowd
from tools.operate.cohort import main
from tools.operate.settings import WITHOUT_SERVICE


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    """A store with the group ``people``: 220 adults and 30 children."""
    found = {"FACE_DATA_DIR": str(tmp_path)}
    made = crowd(images=1).faces
    with closing(Container({**WITHOUT_SERVICE, **found})) as container:
        group = Collection(LARGE_PERSON_GROUP, "people", "people", "recognition_04", new_id())
        container.storage.collections.create(group)
        persons = []
        for vector in made.vectors:
            embedding = Embedding(vector, "sface_2021dec")
            face = PersistedFace(new_id(), new_id(), embedding)
            person = Person(face.person_id, "Ada", None, (face.persisted_face_id,))
            persons.append((person, [face]))
        container.storage.people.create_all(group, persons)
    return found


def test_groups_of_the_store_become_a_cohort_that_only_its_owner_may_read(
    environment: Mapping[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cohort.json"
    assert main(["largepersongroups/people", str(file)], environment) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{file}: 250 people, model sface_2021dec in ")
    assert "holds ids of enrolled faces and no embeddings" in printed
    made = decode_cohort(file.read_bytes(), "cohort.json")
    assert len(made.enrolled) == 250
    assert file.stat().st_mode & 0o077 == 0
    assert main(["largepersongroups/people", str(file)], environment) == 1
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("people", "complaint"),
    [
        ("largepersongroups/absent", "not found"),
        ("facelists/people", "is no folder, and not one of persongroups, largepersongroups"),
        ("nowhere", "is no folder"),
    ],
)
def test_other_people_are_refused_and_no_file_is_left(
    people: str,
    complaint: str,
    environment: Mapping[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "cohort.json"
    assert main([people, str(file)], environment) == 1
    assert complaint in capsys.readouterr().err
    assert not file.exists()


def test_a_folder_with_too_few_people_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "people" / "Ada").mkdir(parents=True)
    file = tmp_path / "cohort.json"
    assert main([str(tmp_path / "people"), str(file)], {"FACE_DATA_DIR": str(tmp_path)}) == 1
    assert "200 people with a face or more; there are 0" in capsys.readouterr().err
