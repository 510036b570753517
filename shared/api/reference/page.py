"""The reference for readers: one HTML page, generated from the OpenAPI description.

It has no script and loads nothing, and its policy forbids both; everything from the description is
escaped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from shared.api.access.keys import KEY_HEADER
from shared.api.media_types import JSON, OCTET_STREAM
from shared.api.reference.attributes import attributes_table
from shared.api.reference.curl import curl
from shared.api.reference.schemas import Json
from shared.api.reference.sections import OWN_SECTIONS, SECTIONS, Section, position, section_of
from shared.api.reference.style import html_page
from shared.api.reference.words import default_of, in_words
from shared.api.versions import FACE, Api


@dataclass(frozen=True, slots=True)
class _Described:
    """An operation of the description."""

    method: str
    path: str
    facts: Json
    section: Section


def reference_page(document: Json, apis: Sequence[Api], api: Api, version: str) -> str:
    """The page of one version of an API.

    Args:
        document: its OpenAPI description.
        apis: all APIs, for the navigation.
    """
    title = escape(document["info"]["title"])
    chapters = SECTIONS if api == FACE else OWN_SECTIONS
    operations = [
        _Described(method.upper(), path, facts, section_of(facts["tags"][0], chapters))
        for path, methods in document["paths"].items()
        for method, facts in methods.items()
    ]
    sections = sorted(
        {one.section for one in operations}, key=lambda section: position(section, chapters)
    )
    base = document["servers"][0]["url"]
    parts = [
        f"<h1>{title}</h1>",
        _versions(apis, api, version),
        _introduction(base, api, version),
        _contents(sections),
        "<main>",
        *(
            _section(section, [one for one in operations if one.section == section], base)
            for section in sections
        ),
        '<h2 id="bodies">Bodies</h2>',
        *(_schema(name, each) for name, each in document["components"]["schemas"].items()),
        "</main>",
    ]
    return html_page(title, "".join(parts))


def _versions(apis: Sequence[Api], api: Api, version: str) -> str:
    links = (
        _version_link(one, name, len(apis) > 1, one == api and name == version)
        for one in apis
        for name in one.versions
    )
    return f'<nav class="versions" aria-label="Versions">{"".join(links)}</nav>'


def _version_link(api: Api, name: str, named: bool, chosen: bool) -> str:
    text = escape(f"{api.name} {name}" if named else name)
    if chosen:
        return f"<strong>{text}</strong>"
    return f'<a href="/docs?{_query(api, name)}">{text}</a>'


def _query(api: Api, version: str) -> str:
    """The escaped query that selects a version of an API; the Face API is the default."""
    named = "" if api == FACE else f"&amp;api={escape(api.name)}"
    return f"version={escape(version)}{named}"


def _introduction(base: str, api: Api, version: str) -> str:
    return (
        "<p>Send every request to this address with a key in the header"
        f" <code>{KEY_HEADER}</code>. Every path is below <code>{escape(base)}</code>."
        f" Images are sent as bytes (<code>Content-Type: {OCTET_STREAM}</code>) or as"
        ' <code>{"url": …}</code>: JPEG, PNG, GIF, BMP, WebP, AVIF, and HEIC where the service has'
        " its decoder; 1 KB to 6 MB. Answers are JSON. In the examples <code>$url</code> is this"
        " service's address and <code>$key</code> the key.</p>"
        f'<p>For programs there is <a href="/openapi.json?{_query(api, version)}">openapi.json</a>.'
        "</p>"
    )


def _contents(sections: Sequence[Section]) -> str:
    items = "".join(
        f'<li><a href="#{escape(section.tag)}">{escape(section.title)}</a></li>'
        for section in sections
    )
    return f'<nav aria-label="Contents"><ul>{items}<li><a href="#bodies">Bodies</a></li></ul></nav>'


def _section(section: Section, operations: Sequence[_Described], base: str) -> str:
    text = f"<p>{escape(section.text)}</p>" if section.text else ""
    shown = "".join(_operation(one, base) for one in operations)
    if section.tag == "detect":
        shown += _attributes()
    return f'<h2 id="{escape(section.tag)}">{escape(section.title)}</h2>{text}{shown}'


def _attributes() -> str:
    table = f'<div class="wide"><table>{attributes_table()}</table></div>'
    return (
        '<details id="attributes"><summary>What <code>returnFaceAttributes</code> may ask for:'
        f" names, ranges, meanings</summary>{table}</details>"
    )


def _operation(operation: _Described, base: str) -> str:
    facts = operation.facts
    return (
        f'<details id="{escape(facts["operationId"])}"><summary><strong>'
        f"{escape(operation.method)}</strong> <code>{escape(operation.path)}</code>"
        f" {escape(facts['summary'])}</summary>"
        f"<pre>{escape(curl(operation.method, base + operation.path, facts))}</pre>"
        + "".join(_example_answers(facts))
        + _parameters(facts["parameters"])
        + _bodies(facts.get("requestBody", {}))
        + _statuses(facts["responses"])
        + "</details>"
    )


def _example_answers(facts: Json) -> Iterator[str]:
    for status, answer in facts["responses"].items():
        example = answer.get("content", {}).get(JSON, {}).get("example")
        if int(status) < 400 and example is not None:
            yield f"<pre>{escape(json.dumps(example, indent=2))}</pre>"


def _parameters(parameters: Sequence[Json]) -> str:
    if not parameters:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}</td>"
        f"<td>{in_words(one['schema'])}</td><td>{default_of(one['schema'])}</td>"
        f"<td>{escape(one.get('description', ''))}</td></tr>"
        for one in parameters
    )
    heads = "<th>parameter</th><th>in</th><th>type</th><th>default</th><th>meaning</th>"
    return f"<h3>Parameters</h3>{_table(heads, rows)}"


def _bodies(body: Json) -> str:
    content = body.get("content", {})
    if not content:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(kind)}</code></td><td>{in_words(one['schema'])}</td></tr>"
        for kind, one in content.items()
    )
    return f"<h3>Body</h3>{_table('<th>Content-Type</th><th>content</th>', rows)}"


def _statuses(responses: Json) -> str:
    rows = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(answer['description'])}</td><td>"
        + "".join(in_words(one["schema"]) for one in answer.get("content", {}).values())
        + "</td></tr>"
        for status, answer in responses.items()
    )
    heads = "<th>status</th><th>meaning</th><th>body</th>"
    return f"<h3>Answers</h3>{_table(heads, rows)}"


def _schema(name: str, schema: Json) -> str:
    required = set(schema.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(member)}</code></td><td>{in_words(each)}</td>"
        f"<td>{'always' if member in required else default_of(each) or 'optional'}</td>"
        f"<td>{escape(each.get('description', ''))}</td></tr>"
        for member, each in schema.get("properties", {}).items()
    )
    heads = "<th>member</th><th>type</th><th>default</th><th>meaning</th>"
    inside = _table(heads, rows) if rows else f"<p>{in_words(schema)}</p>"
    return (
        f'<details id="body-{escape(name)}"><summary><code>{escape(name)}</code>'
        f" {escape(schema.get('description', ''))}</summary>{inside}</details>"
    )


def _table(heads: str, rows: str) -> str:
    return (
        f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        "</div>"
    )
