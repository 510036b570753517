"""A cohort of families' images: what verify says of children who are not in it."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import uuid
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from lineament.run import run
from shared.services.cohorts.cohort_file import decode_cohort
from tests.end_to_end.lineament.archive.lines import face, head, imported, person
from tests.end_to_end.refusals import refused
from tests.end_to_end.service import RunningService
from tests.images import portrait, reference_images
from tests.unit.services.cohorts.crowded_people import crowd
from tools.operate import cohort

CHILDREN = (
    "F0059/MID4/P00592_face2",
    "F0120/MID6/P01252_face1",
    "F0047/MID3/P00467_face0",
    "F0451/MID1/P04767_face2",
    "F0090/MID7/P10828_face2",
    "F0375/MID4/P03986_face0",
    "F0050/MID3/P00500_face2",
    "F0592/MID3/P06214_face4",
    "F0357/MID16/P04042_face0",
    "F0651/MID4/P06849_face1",
    "F0337/MID5/P03569_face2",
    "F0514/MID7/P05420_face0",
    "F0552/MID4/P05783_face3",
    "F0286/MID4/P03057_face1",
    "F0127/MID4/P01314_face1",
    "F0590/MID4/P12250_face1",
)
"""One image each of 16 people of 16 families: every tenth of the most crowded of the set."""

PEOPLE = 210
_EDGE = 56
"""Pixels by which the crops are widened, so that faces are detected in them."""

_SAME = 0.388
"""The cosine of confidence 0.5 without a cohort."""


def _image(folder: Path, name: str) -> bytes:
    with PIL.Image.open(folder / f"{name}.jpg") as crop:
        pixels = np.asarray(crop.convert("RGB"))
    widened = np.pad(pixels, ((_EDGE, _EDGE), (_EDGE, _EDGE), (0, 0)), mode="edge")
    content = io.BytesIO()
    PIL.Image.fromarray(widened).save(content, "JPEG", quality=95)
    return content.getvalue()


def _people(folder: Path, target: Path) -> None:
    """One image each of people of other families than the children's, in a folder a person."""
    judged = {name.split("/")[0] for name in CHILDREN}
    persons = [one for one in sorted(folder.glob("F*/MID*")) if one.parent.name not in judged]
    for source in persons[:: len(persons) // PEOPLE][:PEOPLE]:
        name = max(source.glob("*.jpg")).relative_to(folder).with_suffix("").as_posix()
        own = target / f"{source.parent.name}-{source.name}"
        own.mkdir(parents=True)
        (own / "face.jpg").write_bytes(_image(folder, name))


@pytest.fixture(scope="module")
def families() -> Path:
    folder = reference_images() / "families"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder


@pytest.fixture(scope="module")
def people(families: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of people, children among them."""
    folder = tmp_path_factory.mktemp("people")
    _people(families, folder)
    return folder


@pytest.fixture(scope="module")
def cohort_file(people: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cohort made by the command of `tools`, which embeds the images itself."""
    folder = tmp_path_factory.mktemp("cohort")
    file = folder / "cohort.json"
    assert cohort.main([str(people), str(file)], {"FACE_DATA_DIR": str(folder)}) == 0
    return file


@pytest.fixture(scope="module")
def cohort_service(
    cohort_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningService]:
    """A service with it."""
    folder = tmp_path_factory.mktemp("cohort-service")
    with RunningService(folder, {"FACE_COHORT": str(cohort_file)}) as running:
        yield running


@pytest.fixture(scope="module")
def children(cohort_service: RunningService, families: Path) -> list[str]:
    """The faceIds of the children."""
    return [
        cohort_service.faces(_image(families, name), recognitionModel="recognition_04")[0]
        for name in CHILDREN
    ]


def _verified(service: RunningService, one: str, other: str) -> tuple[bool, float]:
    answer = service.ok("POST", "verify", {"faceId1": one, "faceId2": other})
    return answer["isIdentical"], answer["confidence"]


def test_verify_takes_few_children_for_one_another_where_it_took_half(
    cohort_service: RunningService, children: list[str]
) -> None:
    before = now = 0
    for number, probe in enumerate(children[:-1]):
        others = [{"faceId": one} for one in children[number + 1 :]]
        body = {"probe": {"faceId": probe}, "against": others, "maxNumOfPairsReturned": 30}
        for pair in cohort_service.own("POST", "compare", body)["pairs"]:
            before += pair["cosine"] >= _SAME
            now += pair["isIdentical"]
    pairs = len(list(combinations(children, 2)))
    assert before > 0.45 * pairs
    assert now < before / 4
    found = [_verified(cohort_service, one, other)[0] for one, other in pairwise(children)]
    assert sum(found) <= 3


def test_find_similar_and_group_follow_it(
    cohort_service: RunningService, children: list[str]
) -> None:
    body = {"faceId": children[0], "faceIds": children, "mode": "matchPerson"}
    similar = cohort_service.ok("POST", "findsimilars", body)
    assert similar[0] == {"faceId": children[0], "confidence": similar[0]["confidence"]}
    assert similar[0]["confidence"] >= 0.9
    assert len(similar) <= 5
    grouped = cohort_service.ok("POST", "group", {"faceIds": children})
    assert max((len(one) for one in grouped["groups"]), default=1) <= 4


def test_identify_names_few_children_as_others_in_a_small_group(
    cohort_service: RunningService, families: Path, children: list[str]
) -> None:
    path = "persongroups/small"
    cohort_service.ok("PUT", path, {"name": "small", "recognitionModel": "recognition_04"})
    for name in CHILDREN[:8]:
        person = cohort_service.ok("POST", f"{path}/persons", {"name": "child"})["personId"]
        faces = f"{path}/persons/{person}/persistedfaces"
        cohort_service.ok("POST", faces, image=_image(families, name))
    cohort_service.train(path)
    body = {"personGroupId": "small", "faceIds": children[8:]}
    named = [bool(one["candidates"]) for one in cohort_service.ok("POST", "identify", body)]
    assert sum(named) <= 2
    body = {"personGroupId": "small", "faceIds": children[:8]}
    found = cohort_service.ok("POST", "identify", body)
    assert min(one["candidates"][0]["confidence"] for one in found) >= 0.9


def test_adults_keep_their_confidence(cohort_service: RunningService) -> None:
    one, same, other = (
        cohort_service.faces(portrait(name).read_bytes(), recognitionModel="recognition_04")[0]
        for name in ("person_a_1", "person_a_2", "impostor_1")
    )
    assert _verified(cohort_service, one, same)[0]
    assert not _verified(cohort_service, one, other)[0]
    body = {"probe": {"faceId": one}, "against": [{"faceId": same}]}
    (pair,) = cohort_service.own("POST", "compare", body)["pairs"]
    assert pair["confidence"] == pytest.approx(_verified(cohort_service, one, same)[1], abs=1e-4)


def _import_people(service: RunningService, group: str, adults: int, children: int) -> None:
    """Import made-up people, with two faces each."""
    made = crowd(adults, children).faces
    lines = [head(collection=group)]
    for number in range(adults + children):
        person_id = str(uuid.uuid4())
        lines.append(person(person_id))
        for vector in made.vectors[made.people == number]:
            text = base64.b64encode(vector.astype("<f4").tobytes()).decode()
            lines.append(face(personId=person_id, embedding=text))
    imported(service, group, lines)


@pytest.fixture
def called_by_the_command_line(
    cohort_service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands of ``run`` call the service."""
    monkeypatch.setenv("LINEAMENT_ENDPOINT", cohort_service.url)
    monkeypatch.setenv("LINEAMENT_KEY", cohort_service.key)


@pytest.mark.usefixtures("called_by_the_command_line")
def test_the_command_line_makes_a_cohort_of_enrolled_people(
    cohort_service: RunningService,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _import_people(cohort_service, "largepersongroups/many", 220, 30)
    _import_people(cohort_service, "largepersongroups/few", 10, 2)
    file = tmp_path / "cohort.json"
    assert run(["cohort", "many", "largepersongroups/few", str(file)]) == 0
    assert "262 people" in capsys.readouterr().out
    made = decode_cohort(file.read_bytes(), "cohort.json")
    assert len(made.enrolled) == 262
    assert made.vectors.shape == (0, 128)
    assert made.rates.false_accepts < made.rates.false_accepts_raw / 5
    assert file.stat().st_mode & 0o077 == 0
    assert run(["cohort", "many", str(file)]) == 3
    assert "exists already" in capsys.readouterr().err
    assert run(["cohort", "few", str(tmp_path / "other.json")]) == 3
    assert "200 people with a face or more; there are 12" in capsys.readouterr().err
    assert run(["cohort", "nowhere", str(tmp_path / "other.json")]) == 1


@pytest.mark.usefixtures("called_by_the_command_line")
def test_the_command_line_makes_the_same_cohort_of_a_folder_by_a_service_and_leaves_nothing(
    cohort_service: RunningService,
    people: Path,
    cohort_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    groups = cohort_service.ok("GET", "largepersongroups")
    file = tmp_path / "cohort.json"
    assert run(["cohort", str(people), str(file)]) == 0
    assert re.match(rf"{re.escape(str(file))}: 20\d people\.", capsys.readouterr().out)
    assert file.stat().st_mode & 0o077 == 0
    assert cohort_service.ok("GET", "largepersongroups") == groups
    made, expected = (decode_cohort(one.read_bytes(), one.name) for one in (file, cohort_file))
    assert made.stamp == expected.stamp
    assert made.enrolled == ()
    # A service has the people in the order of their ids, a folder in that of names.
    found = made.vectors @ expected.vectors.T > 0.9999
    np.testing.assert_array_equal(found.sum(axis=0), 1)
    np.testing.assert_array_equal(found.sum(axis=1), 1)
    assert (made.rule, made.rates) == (expected.rule, expected.rates)


@pytest.mark.usefixtures("called_by_the_command_line")
def test_people_of_a_folder_who_are_too_few_are_refused_and_leave_nothing(
    cohort_service: RunningService,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    groups = cohort_service.ok("GET", "largepersongroups")
    for number in range(3):
        folder = tmp_path / "people" / f"person {number}"
        folder.mkdir(parents=True)
        shutil.copy(portrait("person_a_1"), folder)
    file = tmp_path / "cohort.json"
    assert run(["cohort", str(tmp_path / "people"), str(file)]) == 3
    assert "200 people with a face or more; there are 3" in capsys.readouterr().err
    assert not file.exists()
    assert cohort_service.ok("GET", "largepersongroups") == groups


def test_a_cohort_of_a_group_may_hold_its_embeddings_and_outlive_it(
    cohort_service: RunningService,
) -> None:
    _import_people(cohort_service, "largepersongroups/passing", 220, 30)
    query = {"collections": "largepersongroups/passing"}
    content = cohort_service.call_own("GET", "cohort", **query, embeddings="true").content
    made = decode_cohort(content, "cohort.json")
    assert (made.vectors.shape, made.enrolled) == ((250, 128), ())
    by_id = decode_cohort(cohort_service.call_own("GET", "cohort", **query).content, "cohort.json")
    assert (made.rule, made.rates) == (by_id.rule, by_id.rates)


def test_cohorts_are_made_of_groups_only(cohort_service: RunningService) -> None:
    for query in ({}, {"collections": "facelists/x"}, {"collections": "persondirectory"}):
        answer = cohort_service.call_own("GET", "cohort", **query)
        error = refused(answer, 400)
        assert (error["code"], "groups" in error["message"]) == ("BadArgument", True)


def test_a_service_with_a_cohort_for_something_else_does_not_start_and_says_why(
    cohort_file: Path, tmp_path: Path
) -> None:
    body = json.loads(cohort_file.read_bytes())
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({**body, "model": "another-model"}))
    service = RunningService(tmp_path, {"FACE_COHORT": str(wrong)})
    with pytest.raises(AssertionError) as caught, service:
        pass
    assert service.stop() == 1
    assert "was made for the model another-model" in str(caught.value).splitlines()[-1]
