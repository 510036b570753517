"""migrate: from Azure's API, from CompreFace, from Rekognition; dry run, report, no doubles."""

from __future__ import annotations

import csv
import json
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copyfile
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from lineament.moving.rekognition import plan_faces
from tests.cli.conftest import CommandLine
from tests.end_to_end.service import RunningService
from tests.images import portrait


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A second service that stands for Azure AI Face: it gets only Azure's operations."""
    with RunningService(tmp_path_factory.mktemp("azure")) as running:
        yield running


def _fill(azure: RunningService) -> tuple[str, dict[str, str]]:
    """A group in Azure with Ada and Bob; returns its id and their personIds by name."""
    group = uuid.uuid4().hex
    path = f"largepersongroups/{group}"
    body = {"name": "staff", "userData": "ours", "recognitionModel": "recognition_03"}
    azure.ok("PUT", path, body)
    ids = {}
    for name in ("Ada", "Bob"):
        person = azure.ok("POST", f"{path}/persons", {"name": name, "userData": f"is {name}"})
        ids[name] = person["personId"]
    image = portrait("person_a_1").read_bytes()
    azure.ok("POST", f"{path}/persons/{ids['Ada']}/persistedfaces", image=image)
    return group, ids


def test_a_dry_run_reports_and_changes_nothing(
    lineament: CommandLine, azure: RunningService, people: Path
) -> None:
    group, _ = _fill(azure)
    source = ("--from-endpoint", azure.url, "--from-key", azure.key, "--group", group)
    plan = lineament.json("migrate", "azure", *source, "--images", people, "--dry-run")
    assert plan["groups"] == [
        {
            "group": f"largepersongroups/{group}",
            "persons": 2,
            "faces": 1,
            "images": 4,
            "personsWithoutImages": [],
        }
    ]
    assert lineament("groups", "show", group).code == 1


def test_a_group_of_azure_moves_with_names_and_user_data(
    lineament: CommandLine, azure: RunningService, people: Path
) -> None:
    group, ids = _fill(azure)
    (people / "Ada").rename(people / ids["Ada"])
    source = ("--from-endpoint", azure.url, "--from-key", azure.key, "--group", group)
    command = ("migrate", "azure", *source, "--images", people, "--yes", "--train")
    first = lineament(*command)
    assert first.code == 3
    assert f"largepersongroups/{group}: 3 faces added, 0 present already, 1 refused" in first.out
    assert ": 0 faces added, 3 present already, 1 refused" in lineament(*command).out
    shown = lineament.json("groups", "show", group)
    facts = ("name", "userData", "recognitionModel", "persons", "faces")
    assert [shown[one] for one in facts] == ["staff", "ours", "recognition_03", 2, 3]
    with Path("person-ids.csv").open(encoding="utf-8") as file:
        moved = {row["personId in Azure"]: row["personId"] for row in csv.DictReader(file)}
    assert set(moved) == set(ids.values())
    for name, old in ids.items():
        person = lineament.json("persons", "show", moved[old], "--group", group)
        assert (person["name"], person["userData"]) == (name, f"is {name}")
    found = lineament.json("identify", portrait("person_a_2"), "--group", group)
    assert found[0]["faces"][0]["candidates"][0]["personId"] == moved[ids["Ada"]]


def test_a_group_that_azure_does_not_have_ends_with_1(
    lineament: CommandLine, azure: RunningService
) -> None:
    source = ("--from-endpoint", azure.url, "--from-key", azure.key, "--group", "nope")
    assert lineament("migrate", "azure", *source, "--yes").code == 1


class _CompreFace(BaseHTTPRequestHandler):
    """The three routes of CompreFace's recognition service that a move reads."""

    images: ClassVar = {
        "1": ("Ada", "person_a_1"),
        "2": ("Ada", "person_a_2"),
        "3": ("Bob", "person_b_1"),
    }

    def do_GET(self) -> None:
        """Answer as docs/Rest-API-description.md of CompreFace describes."""
        address = urlsplit(self.path)
        parts = address.path.split("/")
        if self.headers["x-api-key"] != "secret":
            self._answer(401, b"{}")
        elif parts[4] == "subjects":
            self._answer(200, json.dumps({"subjects": ["Ada", "Bob", "Eve"]}).encode())
        elif parts[-1] == "img":
            self._answer(200, portrait(self.images[parts[5]][1]).read_bytes())
        else:
            page = int(parse_qs(address.query)["page"][0])
            image, (subject, _) = list(self.images.items())[page]
            faces = [{"image_id": image, "subject": subject}]
            self._answer(200, json.dumps({"faces": faces, "total_pages": 3}).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing."""

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def compreface() -> Iterator[str]:
    """The address of a server that answers as CompreFace does."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _CompreFace) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_subjects_and_images_of_compreface_become_persons_and_faces(
    lineament: CommandLine, compreface: str
) -> None:
    group = uuid.uuid4().hex
    source = ("--from-endpoint", compreface, "--from-key", "secret", "--group", group)
    plan = lineament.json("migrate", "compreface", *source, "--dry-run")
    assert (plan["persons"], plan["images"], plan["personsWithoutImages"]) == (3, 3, ["Eve"])
    assert lineament("groups", "show", group).code == 1
    assert lineament.json("migrate", "compreface", *source, "--yes")["added"] == 3
    assert lineament.json("migrate", "compreface", *source, "--yes")["present"] == 3
    persons = lineament.json("persons", "list", "--group", group)
    faces = {one["name"]: len(one["persistedFaceIds"]) for one in persons}
    assert faces == {"Ada": 2, "Bob": 1, "Eve": 0}


def test_a_wrong_key_of_compreface_is_refused(lineament: CommandLine, compreface: str) -> None:
    source = ("--from-endpoint", compreface, "--from-key", "wrong", "--group", "g")
    assert lineament("migrate", "compreface", *source, "--yes").code == 3


def test_a_folder_of_subjects_of_compreface_is_enrolled(
    lineament: CommandLine, people: Path
) -> None:
    group = uuid.uuid4().hex
    (people / "Bob" / "broken.jpg").unlink()
    command = ("migrate", "compreface", "--folder", people, "--group", group, "--yes")
    assert lineament.json(*command)["added"] == 3


def test_faces_of_rekognition_are_enrolled_from_images_named_by_external_image_id(
    lineament: CommandLine, tmp_path: Path
) -> None:
    images, listed = tmp_path / "images", tmp_path / "faces.json"
    images.mkdir()
    copyfile(portrait("person_a_1"), images / "ada_1.jpg")
    copyfile(portrait("person_a_2"), images / "ada_2")
    copyfile(portrait("person_b_1"), images / "no-pattern.jpg")
    faces = [
        {"FaceId": "1", "ExternalImageId": "ada_1.jpg"},
        {"FaceId": "2", "ExternalImageId": "ada_2"},
        {"FaceId": "3", "ExternalImageId": "no-pattern", "UserId": "bob"},
        {"FaceId": "4", "ExternalImageId": "eve_1"},
        {"FaceId": "5"},
        {"FaceId": "6", "ExternalImageId": "..", "UserId": "mallory"},
    ]
    listed.write_text(json.dumps({"Faces": faces, "FaceModelVersion": "7.0"}), "utf-8")
    group = uuid.uuid4().hex
    command = (
        "migrate", "rekognition", listed, "--images", images, "--group", group, "--yes",
        "--pattern", r"([a-z]+)_.*",
    )  # fmt: skip
    result = lineament(*command, "--json")
    assert result.code == 3
    done = json.loads(result.out)
    assert done["added"] == 3
    refused = {one["image"]: one["code"] for one in done["refused"]}
    assert refused == {"4": "NoImage", "5": "NoPerson", "6": "NoImage"}
    persons = lineament.json("persons", "list", "--group", group)
    assert {one["name"] for one in persons} == {"ada", "bob"}


def test_images_to_move_in_are_files_that_are_not_hidden(tmp_path: Path) -> None:
    listed, images = tmp_path / "faces.json", tmp_path / "images"
    for name in ("ada/1.jpg", "ada/._1.jpg", "ada/.thumbnails/1.jpg", "ada/album.jpg/2.jpg"):
        (images / name).parent.mkdir(parents=True, exist_ok=True)
        (images / name).touch()
    listed.write_text(json.dumps({"Faces": [{"FaceId": "1", "ExternalImageId": "ada"}]}), "utf-8")
    items, refusals = plan_faces(listed, images, None)
    assert [item.image for item in items] == ["ada/1.jpg", "ada/album.jpg/2.jpg"]
    assert refusals == []


def test_a_file_that_is_not_of_rekognition_is_refused(
    lineament: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "faces.json"
    file.write_text("{}")
    result = lineament(
        "migrate", "rekognition", file, "--images", tmp_path, "--group", "g", "--yes"
    )
    assert result.code == 3
    assert "list-faces" in result.err
