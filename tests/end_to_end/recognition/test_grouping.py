"""Group divides faces into persons."""

from __future__ import annotations

from tests.end_to_end.service import RunningService
from tests.images import portrait, reference_images


def test_two_people_and_a_stranger_are_separated(service: RunningService) -> None:
    names = ("person_a_1", "impostor_1", "person_b_1", "person_a_2", "person_b_2")
    ids = {name: service.faces(portrait(name).read_bytes())[0] for name in names}
    answer = service.ok("POST", "group", {"faceIds": list(ids.values())})
    assert answer == {
        "groups": [
            [ids["person_a_1"], ids["person_a_2"]],
            [ids["person_b_1"], ids["person_b_2"]],
        ],
        "messyGroup": [ids["impostor_1"]],
    }


def test_the_messy_group_is_answered_even_if_it_is_empty(service: RunningService) -> None:
    ids = [service.faces(portrait("person_a_1").read_bytes())[0] for _ in range(2)]
    assert service.ok("POST", "group", {"faceIds": ids}) == {"groups": [ids], "messyGroup": []}


def test_the_adults_of_two_families_are_grouped_without_error(service: RunningService) -> None:
    folder = reference_images()
    adults = {"Family1-Dad": 3, "Family1-Mom": 2, "Family2-Lady": 2, "Family2-Man": 2}
    who = {}
    for path in sorted((folder / "faces").glob("Family[12]-*.jpg")):
        (face_id, *_) = service.faces(path.read_bytes(), recognitionModel="recognition_04")
        who[face_id] = path.stem.rstrip("0123456789")
    answer = service.ok("POST", "group", {"faceIds": list(who)})
    sizes = [len(group) for group in answer["groups"]]
    assert sizes == sorted(sizes, reverse=True)
    everyone = [face for group in answer["groups"] for face in group] + answer["messyGroup"]
    assert sorted(everyone) == sorted(who)
    named = [[who[face] for face in group] for group in answer["groups"]]
    groups_of_adults = [group for group in named if set(group) & set(adults)]
    assert sorted(groups_of_adults) == sorted([name] * count for name, count in adults.items())
