"""Collections are exported in pages of JSON lines and imported again, under the same ids."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tests.end_to_end.lineament.archive.lines import (
    NOTHING,
    exported,
    face,
    head,
    imported,
    named,
    pages,
    person,
)
from tests.end_to_end.lineament.conftest import Family
from tests.end_to_end.service import RunningService


@pytest.mark.parametrize("kind", ["persongroups", "largepersongroups"])
def test_a_group_moves_with_its_ids_and_identifies_after_a_training(
    service: RunningService, family: Family, faces: Path, kind: str
) -> None:
    lines = exported(service, family.path, embeddings="true")
    assert lines[0]["name"] == "Family1"
    target = named(kind)
    counts = imported(service, target, lines)
    faces_there = sum(line["type"] == "face" for line in lines)
    assert counts["created"] == {"collections": 1, "persons": 4, "faces": faces_there, "members": 0}
    persons = service.ok("GET", f"{target}/persons")
    assert persons == service.ok("GET", f"{family.path}/persons")
    assert {one["personId"]: one["userData"] for one in persons} == {
        family.persons[name]: f"{name} of Family1" for name in family.persons
    }
    assert service.train(target)["status"] == "succeeded"
    (probe,) = service.faces(
        (faces / "Family1-Dad1.jpg").read_bytes(), recognitionModel="recognition_04"
    )
    scope = "personGroupId" if kind == "persongroups" else "largePersonGroupId"
    body = {"faceIds": [probe], scope: target.partition("/")[2]}
    (found,) = service.ok("POST", "identify", body)
    assert found["candidates"][0]["personId"] == family.persons["Dad"]


def test_lengths_of_embeddings_move_and_an_older_archive_has_none(
    service: RunningService, family: Family
) -> None:
    lines = exported(service, family.path, embeddings="true")
    lengths = [line["embeddingLength"] for line in lines if line["type"] == "face"]
    assert lengths
    assert all(1 < length < 50 for length in lengths)
    target = named("largepersongroups")
    imported(service, target, lines)
    assert exported(service, target, embeddings="true")[1:] == lines[1:]

    older = [{name: line[name] for name in line if name != "embeddingLength"} for line in lines]
    target = named("persongroups")
    assert imported(service, target, older)["created"]["faces"] == len(lengths)
    assert exported(service, target, embeddings="true")[1:] == older[1:]


def test_a_longer_embedding_of_an_enrolled_face_lowers_the_confidence_of_its_person(
    service: RunningService, family: Family, faces: Path
) -> None:
    lines = exported(service, family.path, embeddings="true")
    image = (faces / "Family1-Dad3.jpg").read_bytes()
    (probe,) = service.faces(image, recognitionModel="recognition_04")
    confidences = []
    # Among few people a typical length decides nothing, so these are far apart.
    for length in (12, 60):
        changed = [
            {**line, "embeddingLength": length} if line["type"] == "face" else line
            for line in lines
        ]
        target = named("persongroups")
        imported(service, target, changed)
        assert service.train(target)["status"] == "succeeded"
        body = {"faceIds": [probe], "personGroupId": target.partition("/")[2]}
        (found,) = service.ok("POST", "identify", {**body, "confidenceThreshold": 0})
        assert found["candidates"][0]["personId"] == family.persons["Dad"]
        confidences.append(found["candidates"][0]["confidence"])
    assert confidences[1] < confidences[0] - 0.01


def test_repeating_an_import_makes_nothing_twice(service: RunningService, family: Family) -> None:
    lines = exported(service, family.path, embeddings="true")
    target = named("largepersongroups")
    created = imported(service, target, lines)["created"]
    again = imported(service, target, lines[3:])
    assert again["created"] == NOTHING
    whole = imported(service, target, lines)
    assert whole["created"] == NOTHING
    assert whole["existing"] == created
    assert exported(service, target, embeddings="true")[1:] == lines[1:]


def test_faces_without_embeddings_are_skipped_and_persons_keep_their_ids(
    service: RunningService, family: Family
) -> None:
    lines = exported(service, family.path)
    assert not any({"embedding", "embeddingModel", "embeddingLength"} & set(line) for line in lines)
    target = named("largepersongroups")
    counts = imported(service, target, lines)
    assert counts["skipped"]["faces"] == sum(line["type"] == "face" for line in lines)
    assert counts["created"]["persons"] == 4
    persons = service.ok("GET", f"{target}/persons")
    assert {one["personId"] for one in persons} == set(family.persons.values())
    assert not any(one["persistedFaceIds"] for one in persons)


def test_a_group_of_several_pages_is_exported_whole(
    service: RunningService, empty_group: str
) -> None:
    ids = sorted(str(uuid.uuid4()) for _ in range(150))
    imported(service, empty_group, [person(one, userData=f"is {one}") for one in ids])
    found = list(pages(service, empty_group))
    assert [len(page) for page in found] == [1 + 100, 50]
    assert [line["personId"] for page in found for line in page if "personId" in line] == ids
    assert found[1][0]["userData"] == f"is {ids[100]}"


@pytest.mark.parametrize("kind", ["facelists", "largefacelists"])
def test_a_list_moves_with_the_ids_of_its_faces(service: RunningService, kind: str) -> None:
    first, second = named(kind), named(kind)
    lines = [head(name="visitors"), *(face(userData=f"{number}") for number in range(120))]
    assert imported(service, first, lines)["created"]["faces"] == 120
    assert imported(service, first, lines)["existing"]["faces"] == 120
    moved = exported(service, first, embeddings="true")
    assert imported(service, second, moved)["created"]["faces"] == 120
    assert exported(service, second, embeddings="true")[1:] == moved[1:]
    by_id = {line["persistedFaceId"]: line["userData"] for line in lines[1:]}
    assert {line["persistedFaceId"]: line["userData"] for line in moved[1:]} == by_id


def test_the_directory_and_a_dynamic_group_move_with_their_persons(
    service: RunningService,
) -> None:
    ids = [str(uuid.uuid4()) for _ in range(2)]
    model = {"recognitionModel": "recognition_03"}
    lines = [person(ids[0]), face(personId=ids[0], **model), person(ids[1])]
    counts = imported(service, "persondirectory", lines)
    assert counts["created"] == {"collections": 0, "persons": 2, "faces": 1, "members": 0}
    assert imported(service, "persondirectory", lines)["created"] == NOTHING
    whole = exported(service, "persondirectory", embeddings="true")
    assert whole[0]["collection"] == "persondirectory"
    place = [line.get("personId") for line in whole].index(ids[0])
    assert whole[place : place + 2] == lines[:2]

    group = named("dynamicpersongroups")
    members = [{"type": "member", "personId": one} for one in ids]
    top = head(name="night shift")
    del top["recognitionModel"]
    counts = imported(service, group, [top, *members])
    assert counts["created"] == {"collections": 1, "persons": 0, "faces": 0, "members": 2}
    assert imported(service, group, members)["existing"]["members"] == 2
    assert sorted(exported(service, group)[1:], key=str) == sorted(members, key=str)
    assert sorted(service.ok("GET", f"{group}/persons")["personIds"]) == sorted(ids)


def test_a_deleted_person_is_left_out_until_its_deletion_is_complete(
    service: RunningService, empty_group: str
) -> None:
    ids = [str(uuid.uuid4()) for _ in range(2)]
    lines = [line for one in ids for line in (person(one), face(personId=one))]
    imported(service, empty_group, lines)
    service.ok("DELETE", f"{empty_group}/persons/{ids[0]}")
    deleted = lines[3]["persistedFaceId"]
    service.ok("DELETE", f"{empty_group}/persons/{ids[1]}/persistedfaces/{deleted}")
    counts = imported(service, empty_group, lines)
    assert counts["created"] == NOTHING
    assert counts["deleted"] == {"persons": 1, "faces": 2}
    assert counts["existing"]["persons"] == 1
    assert [one["personId"] for one in service.ok("GET", f"{empty_group}/persons")] == [ids[1]]

    service.ok("POST", "persons", {"name": "of the directory"})
    imported(service, "persondirectory", [person(ids[0])])
    service.ok("DELETE", f"persons/{ids[0]}")
    counts = imported(service, "persondirectory", [person(ids[0])])
    assert counts["deleted"] == {"persons": 1, "faces": 0}
