"""The API description: complete, safe for browsers, and consistent with Microsoft's."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

import function_app
from shared.api.http import Request, Response
from shared.api.operations import Operation
from shared.api.parameters import Capabilities
from shared.api.reference.openapi import OpenApi
from shared.api.reference.reference import Reference
from shared.api.versions import FACE, VERSIONS, Api
from shared.domain.face.attributes import Attribute
from shared.domain.models import RECOGNITION_MODELS
from shared.version import VERSION
from tests.unit.api.reference.descriptions import differences, ours, theirs
from tools.reference_data import WITHOUT_CONTRACT, contract_folder

ROOT = Path(__file__).resolve().parents[4]
REFERENCE = Reference(function_app.OPERATIONS)


def request(**query: str) -> Request:
    """A request with this query."""
    return Request("GET", "http://host/docs", {}, query, {}, b"")


def document(version: str) -> dict[str, Any]:
    """The description as served."""
    answer = REFERENCE.json(request(version=version))
    found: dict[str, Any] = msgspec.json.decode(answer.body)
    return found


def references(value: object) -> Iterator[str]:
    """Every $ref in a document."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "$ref":
                yield member
            else:
                yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_operation_of_a_version_is_described_and_no_other(version: str) -> None:
    found = document(version)
    described = {
        (method.upper(), path.removeprefix("/"))
        for path, methods in found["paths"].items()
        for method in methods
    }
    declared = {
        (one.method, one.path)
        for one in function_app.OPERATIONS
        if one.api == FACE and one.is_in(version)
    }
    assert described == declared
    assert found["servers"] == [{"url": f"/face/{version}"}]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_reference_leads_somewhere(version: str) -> None:
    found = document(version)
    names = {reference.removeprefix("#/components/schemas/") for reference in references(found)}
    assert names <= set(found["components"]["schemas"])
    assert "ErrorAnswer" in names


def test_names_of_operations_are_unique() -> None:
    names = [one.name for one in function_app.OPERATIONS]
    assert len(names) == len(set(names))


def test_v1_2_is_described_unless_another_version_is_requested() -> None:
    assert REFERENCE.json(request()).body == REFERENCE.json(request(version="v1.2")).body
    for answer in (REFERENCE.json(request(version="v9")), REFERENCE.page(request(version="v9"))):
        assert answer.status == 404
        assert msgspec.json.decode(answer.body)["error"]["code"] == "404"


def test_the_version_is_typed_once() -> None:
    typed = [
        file.relative_to(ROOT)
        for folder in ("shared", "functions", "local", "tools")
        for file in (ROOT / folder).rglob("*.py")
        if f'"{VERSION}"' in file.read_text("utf-8")
    ]
    assert [str(file) for file in typed] == ["shared/version.py"]
    assert VERSION not in (ROOT / "pyproject.toml").read_text("utf-8")
    assert document("v1.2")["info"]["version"] == VERSION


class Page(HTMLParser):
    """Collects the elements of a page."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(answer.body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids |= {text or "" for name, text in attrs if name == "id"}
        self.links |= {text or "" for name, text in attrs if name in ("href", "src")}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_page_loads_nothing_and_its_links_lead_somewhere(version: str) -> None:
    page = Page(REFERENCE.page(request(version=version)))
    assert not page.tags & {"script", "link", "img", "iframe", "object", "base"}
    assert not any(name.startswith("on") or name in ("style", "src") for name in page.attributes)
    for link in page.links:
        assert link.startswith(("/docs?version=", "/openapi.json?version=", "#")), link
        assert not link.startswith("#") or link[1:] in page.ids


def test_the_page_s_policy_lets_its_own_style_through_and_nothing_else() -> None:
    answer = REFERENCE.page(request())
    (style,) = re.findall(r"<style>(.*?)</style>", answer.body.decode(), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = dict(
        part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";")
    )
    assert policy == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_a_description_says_is_escaped() -> None:
    evil = "<script>alert('x')</script>"
    operation = Operation('n"ame', "GET", f"a/{evil}", f"{evil} & more", answers=None)
    page = Reference([operation]).page(request()).body.decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert 'id="n&quot;ame"' in page


def query_schema(found: dict[str, Any], operation: str, name: str) -> dict[str, Any]:
    """The schema of a query parameter."""
    (schema,) = (
        parameter["schema"]
        for methods in found["paths"].values()
        for one in methods.values()
        if one["operationId"] == operation
        for parameter in one["parameters"]
        if parameter["name"] == name
    )
    return dict(schema)


def test_the_description_shows_what_this_deployment_accepts() -> None:
    own = Capabilities((*RECOGNITION_MODELS, "arcface_r50"))
    reference = Reference(function_app.OPERATIONS, lambda: own)
    found = msgspec.json.decode(reference.json(request()).body)
    models = [*RECOGNITION_MODELS, "arcface_r50"]
    bodies = found["components"]["schemas"]
    assert query_schema(found, "detect", "recognitionModel")["enum"] == models
    assert bodies["CollectionBody"]["properties"]["recognitionModel"]["enum"] == models
    assert "arcface_r50" not in REFERENCE.json(request()).body.decode()


def test_the_description_shows_ranges_and_enumerations() -> None:
    found = document("v1.2")
    schemas = found["components"]["schemas"]
    bodies = {name: one.get("properties") for name, one in schemas.items()}
    attributes = query_schema(found, "detect", "returnFaceAttributes")["items"]["enum"]
    assert attributes == [*Attribute]
    assert query_schema(found, "detect", "faceIdTimeToLive")["maximum"] == 86_400
    identify = bodies["IdentifyBody"]
    assert (identify["faceIds"]["minItems"], identify["faceIds"]["maxItems"]) == (1, 10)
    assert identify["maxNumOfCandidatesReturned"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
    }
    threshold = identify["confidenceThreshold"]
    assert threshold.items() >= {"type": "number", "minimum": 0, "maximum": 1}.items()
    assert "default" in threshold["description"]
    assert bodies["FindSimilarBody"]["mode"]["enum"] == ["matchPerson", "matchFace"]
    assert bodies["GroupBody"]["faceIds"]["minItems"] == 2
    assert bodies["NamedBody"]["name"] == {"type": "string", "minLength": 1, "maxLength": 128}
    assert schemas["NamedBody"]["required"] == ["name"]


def test_no_mark_of_ours_is_left_in_the_description() -> None:
    assert b'"x-' not in REFERENCE.json(request()).body


def test_a_second_api_is_described_beside_the_first() -> None:
    second = Api("lineament", "Lineament", {"v1": VERSIONS["v1.2"]}, "v1")
    operation = Operation("explain", "POST", "explain", "Explain.", api=second)
    reference = Reference([*function_app.OPERATIONS, operation])
    found = msgspec.json.decode(reference.json(request(api="lineament")).body)
    assert list(found["paths"]) == ["/explain"]
    assert "/explain" not in msgspec.json.decode(reference.json(request()).body)["paths"]
    assert operation.route == "lineament/{version}/explain"
    page = Page(reference.page(request()))
    assert "/docs?version=v1&api=lineament" in page.links
    assert reference.json(request(api="other")).status == 404


def documented() -> list[tuple[str, str]]:
    """Patterns and reasons of docs/differences.md."""
    text = (ROOT / "docs" / "differences.md").read_text("utf-8")
    table = text.partition("<!-- description -->")[2].partition("<!-- /description -->")[0]
    return re.findall(r"^\| `([^`]+)` \| (.+) \|$", table, re.MULTILINE)


def test_we_differ_from_microsoft_s_description_only_where_the_docs_say_so() -> None:
    contract = contract_folder()
    if not contract.is_dir():
        pytest.skip(WITHOUT_CONTRACT)
    found: list[str] = []
    openapi = OpenApi(function_app.OPERATIONS)
    for name, version in VERSIONS.items():
        there = theirs(contract / name / "Face.json")
        found += differences(name, there, ours(openapi.document(FACE, version)))
    patterns = [pattern for pattern, _ in documented()]
    unknown = [one for one in found if not any(fnmatchcase(one, each) for each in patterns)]
    idle = [each for each in patterns if not any(fnmatchcase(one, each) for one in found)]
    assert (unknown, idle) == ([], [])
