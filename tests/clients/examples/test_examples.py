"""Every documented example, replayed with existing ids, gets a response of the same shape."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from shared.api.versions import VERSIONS
from tests.clients.contract.recorder import Recorder
from tests.clients.examples.example_resources import ExampleResources
from tests.clients.examples.examples import Example, examples
from tests.end_to_end.service import RunningService
from tools.reference_data import WITHOUT_CONTRACT

ALL = [example for version in VERSIONS for example in examples(version)]

RETIRED = {"age", "gender", "smile", "facialHair", "emotion", "hair", "makeup"}
"""Attributes in the examples that this service rejects on principle, with status 403."""

DIFFERENT = {
    "Snapshot": "snapshots are retired: export and import take their place",
    "SessionImage": "no liveness image is ever stored",
    "Audit": "no attempt is ever recorded: there is no verdict to report",
    "Result": "no attempt is ever recorded: there is no verdict to report",
}
"""Parts of the names of examples for which this service differs, and why."""


LEFT_OUT = {
    "faceId",
    "persistedFaceId",
    "persistedFaces",
    "lastSuccessfulTrainingDateTime",
    "operationId",
    "percent",
    "modelVersion",
    "results",
    "status",
}
"""Members of responses that some examples omit or name differently."""


@pytest.fixture(scope="module")
def resources(service: RunningService, images_url: str) -> ExampleResources:
    return ExampleResources(service, f"{images_url}/person_a_1.jpg")


@pytest.mark.skipif(not ALL, reason=WITHOUT_CONTRACT)
def test_there_are_examples_of_every_version() -> None:
    assert {example.version for example in ALL} == set(VERSIONS)


@pytest.mark.parametrize("example", ALL, ids=lambda one: f"{one.version} {one.name}")
def test_an_example_is_answered_with_the_documented_shape(
    example: Example, recorder: Recorder, service: RunningService, resources: ExampleResources
) -> None:
    answer = replay(example, f"{recorder.url}/face/{example.version}", service.key, resources)
    if any(part in example.name for part in DIFFERENT):
        assert answer.status_code < 500
        return
    assert answer.status_code in example.answers, answer.text
    expected = example.answers[answer.status_code]
    if expected is None:
        assert answer.content == b""
    else:
        assert misfits(answer.json(), expected) == []


def replay(example: Example, base: str, key: str, resources: ExampleResources) -> httpx.Response:
    """Send an example's request with existing ids."""
    template = example.template
    ids = resources.ids(template)
    if example.method == "PUT":
        ids = {name: resources.free_id() for name in ids}
    for name, value in ids.items():
        template = template.replace(f"{{{name}}}", value)
    query = {
        name: as_text(name, example.given[name])
        for name, parameter in example.declared.items()
        if parameter["in"] == "query" and name in example.given
    }
    content: dict[str, Any] = {}
    if example.sends_image:
        content = {
            "content": resources.image,
            "headers": {"Content-Type": "application/octet-stream"},
        }
    elif example.form:
        fields = {n: v if isinstance(v, str) else json.dumps(v) for n, v in example.form.items()}
        files = {n: ("f.jpg", resources.image) for n in fields if n.lower() == "verifyimage"}
        content = {"data": {n: v for n, v in fields.items() if n not in files}, "files": files}
    elif example.body() is not None:
        content = {"json": resources.body(example.body())}
    with httpx.Client(headers={"Ocp-Apim-Subscription-Key": key}, timeout=60) as client:
        return client.request(example.method, base + template, params=query, **content)


def as_text(name: str, value: Any) -> str:
    """A query value as clients send it; without retired attributes and meaningless rectangles."""
    if name == "returnFaceAttributes":
        wanted = value.split(",") if isinstance(value, str) else value
        return ",".join(attribute for attribute in wanted if attribute not in RETIRED)
    if name == "targetFace":
        return ""
    if name == "start":
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def misfits(found: Any, expected: Any, where: str = "$") -> list[str]:
    """The differences in shape of two JSON values: types, and members of only one of them."""
    if isinstance(found, bool) or isinstance(expected, bool) or expected is None:
        return [] if type(found) is type(expected) or expected is None else [where]
    if isinstance(found, dict) and isinstance(expected, dict):
        more = found.keys() - expected.keys() - LEFT_OUT
        extra = [f"{where}.{name} is not in the example" for name in more]
        return extra + [
            misfit
            for name in found.keys() & expected.keys()
            for misfit in misfits(found[name], expected[name], f"{where}.{name}")
        ]
    if isinstance(found, list) and isinstance(expected, list):
        if not found or not expected:
            return []
        return misfits(found[0], expected[0], f"{where}[0]")
    if isinstance(found, int | float) and isinstance(expected, int | float):
        return []
    return [] if type(found) is type(expected) else [f"{where} is a {type(found).__name__}"]
