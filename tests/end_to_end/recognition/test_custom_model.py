"""A custom recognition model beside the built-in one, and moving a group to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from lineament.run import run
from shared.vision.runtime.manifest import MODELS_DIRECTORY, Task, load_manifest
from tests.end_to_end.refusals import refused
from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait
from tools.operate import re_enrol

NAME = "own_sface"


def _custom_model() -> dict[str, str]:
    """The built-in model's file, configured as a custom model."""
    entry = load_manifest().first(Task.RECOGNITION)
    return {
        "FACE_MODEL_NAME": NAME,
        "FACE_MODEL_FILE": str(MODELS_DIRECTORY / entry.file),
        "FACE_MODEL_SHA256": entry.sha256,
        "FACE_MODEL_DIMENSION": str(entry.dimension),
        "FACE_MODEL_MEAN": "0",
        "FACE_MODEL_SCALE": "1",
        "FACE_MODEL_CONFIDENCE": "0.388",
    }


@pytest.fixture(scope="module")
def own_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service with a custom model."""
    with RunningService(tmp_path_factory.mktemp("own"), _custom_model()) as running:
        yield running


def _face(service: RunningService, name: str, model: str) -> str:
    (face_id,) = service.faces(portrait(name).read_bytes(), recognitionModel=model)
    return face_id


def _enrol(service: RunningService, group: str) -> Mapping[str, str]:
    path = f"persongroups/{group}"
    service.ok("PUT", path, {"name": group, "recognitionModel": "recognition_04"})
    persons = {}
    for name in ("person_a", "person_b"):
        persons[name] = service.ok("POST", f"{path}/persons", {"name": name})["personId"]
        faces = f"{path}/persons/{persons[name]}/persistedfaces"
        service.ok("POST", faces, image=portrait(f"{name}_1").read_bytes())
    return persons


def _re_enrol(service: RunningService, group: str, to: str, manifest: Path) -> int:
    environment = {
        **_custom_model(),
        "FACE_KEYS": service.key,
        "FACE_DATA_DIR": str(service.data),
        "AzureWebJobsStorage": service.storage,
    }
    arguments = [f"persongroups/{group}", "--to", to, "--model", NAME, str(manifest)]
    return re_enrol.main(arguments, environment)


def test_a_group_is_moved_to_the_operator_s_model_under_the_same_person_ids(
    own_service: RunningService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    persons = _enrol(own_service, "before")
    manifest = tmp_path / "images.csv"
    lines = [f"{persons[name]},{portrait(f'{name}_1').resolve()}" for name in persons]
    manifest.write_text("\n".join(["personId,image", *lines, f"{persons['person_a']},gone"]))
    assert _re_enrol(own_service, "before", "after", manifest) == 1
    printed = capsys.readouterr()
    assert printed.out == "persongroups/after: 2 persons, 2 faces, 1 refused\n"
    assert printed.err.startswith("line 4: ")
    eventually(lambda: _trained(own_service, "persongroups/after"))
    face_id = _face(own_service, "person_a_2", NAME)
    (found,) = own_service.ok("POST", "identify", {"personGroupId": "after", "faceIds": [face_id]})
    assert [one["personId"] for one in found["candidates"]] == [persons["person_a"]]
    group = own_service.ok("GET", "persongroups/after", returnRecognitionModel="true")
    assert (group["name"], group["recognitionModel"]) == ("before", NAME)


def _trained(service: RunningService, path: str) -> bool | None:
    return service.ok("GET", f"{path}/training")["status"] == "succeeded" or None


def test_faces_of_two_models_are_not_compared(own_service: RunningService) -> None:
    one, other = (_face(own_service, "person_a_1", model) for model in (NAME, "recognition_04"))
    answer = own_service.call("POST", "verify", {"faceId1": one, "faceId2": other})
    assert refused(answer, 400)["code"] == "BadArgument"


def test_the_command_line_calibrates_the_operator_s_model_over_http(
    own_service: RunningService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LINEAMENT_ENDPOINT", own_service.url)
    monkeypatch.setenv("LINEAMENT_KEY", own_service.key)
    names = [("person_a_1", "person_a_2", 1), ("person_a_1", "person_b_1", 0)]
    lines = [
        f"{portrait(one).resolve()},{portrait(two).resolve()},{same}" for one, two, same in names
    ]
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("\n".join(["first,second,same", *lines]), encoding="utf-8")
    assert run(["calibrate", str(pairs), "--model", NAME, "--rate", "0.5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["pairsOfOnePerson"], found["pairsOfTwoPersons"]) == (1, 1)
    assert found["rates"][0]["misses"]["share"] == found["rates"][0]["false_accepts"]["share"] == 0
    assert run(["calibrate", str(pairs), "--model", "no_model"]) == 3
    assert "no such recognition model" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("FACE_MODEL_SHA256", "0" * 64, "is not the model of FACE_MODEL_SHA256"),
        ("FACE_MODEL_FILE", "/nowhere/own.onnx", "FACE_MODEL_FILE /nowhere/own.onnx"),
        ("FACE_MODEL_DIMENSION", "512", "FACE_MODEL_DIMENSION"),
    ],
)
def test_a_service_with_a_wrong_model_does_not_start_and_says_why(
    name: str, value: str, complaint: str, tmp_path: Path
) -> None:
    service = RunningService(tmp_path, {**_custom_model(), name: value})
    with pytest.raises(AssertionError) as caught, service:
        pass
    assert service.stop() == 1
    assert complaint in str(caught.value).splitlines()[-1]
