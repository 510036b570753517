"""Examples of the description are valid, and the pages show them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import function_app
from shared.api.http import Request
from shared.api.reference.openapi import OpenApi
from shared.api.reference.reference import Reference
from shared.api.reference.sections import OWN_SECTIONS, SECTIONS, position, section_of
from shared.api.reference.words import default_of, in_words
from shared.api.versions import FACE, VERSIONS

REFERENCE = Reference(function_app.OPERATIONS)


def page(**query: str) -> str:
    return REFERENCE.page(Request("GET", "http://host/docs", {}, query, {}, b"")).body.decode()


def contents(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every JSON body of a description, with the place where it stands."""
    for path, methods in document["paths"].items():
        for method, facts in methods.items():
            bodies = [facts.get("requestBody", {}), *facts["responses"].values()]
            for body in bodies:
                content = body.get("content", {}).get("application/json", {})
                if "example" in content:
                    yield f"{method} {path}", content


@pytest.mark.parametrize("version", VERSIONS)
def test_every_example_is_valid_for_its_schema(version: str) -> None:
    document = OpenApi(function_app.OPERATIONS).document(FACE, FACE.version(version))
    found = list(contents(document))
    assert len(found) > 30
    for place, content in found:
        schema = {**content["schema"], "components": document["components"]}
        errors = list(Draft202012Validator(schema).iter_errors(content["example"]))
        assert errors == [], place


def test_chapters_stand_in_the_order_of_use_and_liveness_is_last() -> None:
    text = page()
    places = [text.index(f'<h2 id="{section.tag}">') for section in SECTIONS]
    assert places == sorted(places)
    assert section_of("detectLiveness-sessions") is SECTIONS[-1]


def test_an_operation_without_a_chapter_gets_one_before_liveness() -> None:
    other = section_of("explain")
    assert other.title == "Explain"
    assert position(SECTIONS[-2]) < position(other) < position(SECTIONS[-1])


def test_every_operation_has_a_curl_command_with_a_path_that_is_filled_in() -> None:
    text = unescape(page())
    commands = re.findall(r"<pre>curl -X (\w+) \"([^\"]*)\"", text)
    operations = [one for one in function_app.OPERATIONS if one.api == FACE and one.is_in("v1.2")]
    assert len(commands) == len(operations)
    assert all(address.startswith("$url/face/v1.2/") for _, address in commands)
    assert not any("{" in address for _, address in commands)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 10}, "integer, 1 to 10"),
        ({"type": "string", "format": "uuid"}, "UUID"),
        ({"enum": ["a", "b"]}, "one of <code>a</code>, <code>b</code>"),
        (
            {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "number"}},
            "list (1 to 3) of number",
        ),
        ({"type": "string", "maxLength": 128}, "string, at most 128 characters"),
        ({"$ref": "#/components/schemas/X"}, '<a href="#body-X">X</a>'),
        ({"anyOf": [{"type": "string"}, {"type": "boolean"}]}, "string or boolean"),
    ],
)
def test_types_are_shown_in_words(schema: dict[str, Any], words: str) -> None:
    assert in_words(schema) == words


def test_a_default_is_shown_as_json_writes_it() -> None:
    assert default_of({"default": True}) == "<code>true</code>"
    assert default_of({"type": "string"}) == ""


def test_the_home_page_leads_to_the_reference_without_a_script() -> None:
    answer = REFERENCE.home()
    text = answer.body.decode()
    assert answer.status == 200
    assert 'href="/docs"' in text
    assert 'href="/openapi.json"' in text
    assert "<script" not in text
    assert "style-src 'sha256-" in answer.headers["Content-Security-Policy"]


def test_the_chapters_of_the_own_api_have_names_and_an_order_of_use() -> None:
    text = page(api="lineament")
    shown = re.findall(r'<h2 id="(\w+)">', text)
    known = [section.tag for section in OWN_SECTIONS]
    assert shown == [*known, "bodies"]
    assert shown[0] == "recognize"
    assert "Persons by name" in text
