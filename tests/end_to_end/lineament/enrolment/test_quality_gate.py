"""Rules of enrolment in the query: which face, how good, and whose it is already."""

from __future__ import annotations

import io
import uuid
from pathlib import Path
from typing import Any

import PIL.Image
import PIL.ImageFilter
import pytest

from tests.end_to_end.lineament.conftest import Family
from tests.end_to_end.refusals import refused
from tests.end_to_end.service import RunningService
from tests.images import reference_images


def encoded(image: PIL.Image.Image) -> bytes:
    """A PNG of an image."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def dad(faces: Path) -> PIL.Image.Image:
    """A portrait."""
    return PIL.Image.open(faces / "Family1-Dad1.jpg").convert("RGB")


def two_faces(faces: Path) -> bytes:
    """Two portraits side by side, of different size."""
    one, other = dad(faces), PIL.Image.open(faces / "Family1-Mom1.jpg").convert("RGB")
    one = one.resize((one.width * 2, one.height * 2))
    both = PIL.Image.new("RGB", (one.width + other.width, max(one.height, other.height)))
    both.paste(one, (0, 0))
    both.paste(other, (one.width, 0))
    return encoded(both)


def blurred(faces: Path) -> bytes:
    return encoded(dad(faces).filter(PIL.ImageFilter.GaussianBlur(9)))


def small(faces: Path) -> bytes:
    image = dad(faces)
    canvas = PIL.Image.new("RGB", (400, 400), (90, 90, 90))
    canvas.paste(image.resize((image.width // 4, image.height // 4)), (100, 100))
    return encoded(canvas.filter(PIL.ImageFilter.GaussianBlur(1.5)))


@pytest.fixture
def person(service: RunningService) -> str:
    """The path of a new person's faces in a new group."""
    group = f"persongroups/{uuid.uuid4().hex}"
    service.ok("PUT", group, {"name": "g", "recognitionModel": "recognition_04"})
    person = service.ok("POST", f"{group}/persons", {"name": "Ada"})["personId"]
    return f"{group}/persons/{person}/persistedfaces"


def rejected(service: RunningService, path: str, image: bytes, **query: str) -> dict[str, Any]:
    """The error of a face that is not enrolled."""
    return refused(service.call("POST", path, image=image, **query), 400)


def test_several_faces_are_rejected_with_their_rectangles_or_the_largest_is_taken(
    service: RunningService, person: str, faces: Path
) -> None:
    image = two_faces(faces)
    error = rejected(service, person, image, faces="only")
    assert error["code"] == "SeveralFaces"
    assert "targetFace" in error["message"]
    first, second = error["faceRectangles"]
    assert first["width"] > second["width"]
    assert set(first) == {"top", "left", "width", "height"}
    named = ",".join(str(second[side]) for side in ("left", "top", "width", "height"))
    service.ok("POST", person, image=image, faces="only", targetFace=named)
    service.ok("POST", person, image=image, faces="largest")


def test_without_rules_the_answer_is_azures(
    service: RunningService, person: str, faces: Path
) -> None:
    assert rejected(service, person, two_faces(faces)) == {
        "code": "InvalidImage",
        "message": "There is more than 1 face in the image.",
    }


@pytest.mark.parametrize("rules", [{"faces": "only"}, {"faces": "largest"}])
def test_an_image_without_a_face_is_rejected(
    service: RunningService, person: str, faceless: bytes, rules: dict[str, str]
) -> None:
    assert rejected(service, person, faceless, **rules)["code"] == "NoFace"


@pytest.mark.parametrize(("make", "code"), [(blurred, "Blurred"), (small, "TooSmall")])
def test_a_face_of_too_low_quality_is_rejected_with_the_cause(
    service: RunningService, person: str, faces: Path, make: Any, code: str
) -> None:
    image = make(faces)
    error = rejected(service, person, image, minimumQuality="high", faces="largest")
    assert error["code"] == code
    assert set(error["faceRectangle"]) == {"top", "left", "width", "height"}
    service.ok("POST", person, image=image)


@pytest.mark.parametrize(
    ("name", "quality"), [("Tatiana_Gratcheva_0001", "medium"), ("Ken_Watanabe_0001", "high")]
)
def test_a_face_that_is_turned_down_or_aside_is_rejected(
    service: RunningService, person: str, name: str, quality: str
) -> None:
    image = (reference_images() / "lfw" / "images" / f"{name}.jpg").read_bytes()
    error = rejected(service, person, image, minimumQuality=quality, faces="largest")
    assert error["code"] == "TurnedAway"
    assert "Use an image that shows it from the front." in error["message"]
    assert error["faceRectangle"]["width"] > 80


def test_a_face_that_is_large_sharp_and_frontal_may_have_a_low_quality(
    service: RunningService, person: str, faces: Path
) -> None:
    image = (faces / "Family2-Lady2.jpg").read_bytes()
    error = rejected(service, person, image, minimumQuality="high")
    assert error["code"] == "LowQuality"
    assert error["message"] == (
        "The quality for recognition is medium, below high. Use an image with even light and an"
        " uncovered face."
    )
    assert error["faceRectangle"]["width"] > 80


def test_a_good_face_meets_every_quality(service: RunningService, person: str, faces: Path) -> None:
    image = encoded(dad(faces))
    for quality in ("low", "medium", "HIGH"):
        service.ok("POST", person, image=image, minimumQuality=quality)


def test_a_face_of_another_person_is_rejected_with_that_person(
    service: RunningService, family: Family, faces: Path
) -> None:
    image = (faces / "Family1-Dad3.jpg").read_bytes()
    mom = f"{family.path}/persons/{family.persons['Mom']}/persistedfaces"
    error = rejected(service, mom, image, minimumQuality="low")
    assert error["code"] == "AlreadyEnrolled"
    assert (error["personId"], error["name"]) == (family.persons["Dad"], "Dad")
    assert error["personId"] in error["message"]
    assert "Dad" not in error["message"]


def test_a_face_unlike_the_persons_others_is_rejected(
    service: RunningService, person: str, faces: Path
) -> None:
    service.ok("POST", person, image=encoded(dad(faces)))
    other = (faces / "Family2-Lady1.jpg").read_bytes()
    assert rejected(service, person, other, minimumQuality="low")["code"] == "UnlikeOthers"
    service.ok("POST", person, image=(faces / "Family1-Dad2.jpg").read_bytes())


@pytest.mark.parametrize("kind", ["facelists", "largefacelists"])
def test_lists_have_the_rules_of_the_image(service: RunningService, faces: Path, kind: str) -> None:
    path = f"{kind}/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "l"})
    error = rejected(
        service, f"{path}/persistedfaces", blurred(faces), minimumQuality="high", faces="largest"
    )
    assert error["code"] == "Blurred"
    service.ok("POST", f"{path}/persistedfaces", image=two_faces(faces), faces="largest")


def test_the_directory_has_the_same_rules(service: RunningService, faces: Path) -> None:
    image = (faces / "Family3-Man1.jpg").read_bytes()
    paths = []
    for name in ("one", "other"):
        person = service.ok("POST", "persons", {"name": name})["personId"]
        paths.append(f"persons/{person}/recognitionModels/recognition_04/persistedfaces")
    service.ok("POST", paths[0], image=image, minimumQuality="low", faces="only")
    error = rejected(service, paths[1], image, minimumQuality="low")
    assert (error["code"], error["name"]) == ("AlreadyEnrolled", "one")


@pytest.mark.parametrize("query", [{"minimumQuality": "best"}, {"faces": "all"}])
def test_a_rule_that_does_not_exist_is_refused(
    service: RunningService, person: str, faces: Path, query: dict[str, str]
) -> None:
    assert rejected(service, person, encoded(dad(faces)), **query)["code"] == "BadArgument"
