"""The reference for readers: one HTML page, generated from the OpenAPI description.

It has no script and loads nothing, and its policy forbids both; everything from the description is
escaped.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape
from itertools import groupby

from shared.api.reference.openapi import Json
from shared.api.versions import FACE, Api

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
nav a { margin-right: 1rem; white-space: nowrap; }
details { border: 1px solid #8886; border-radius: 4px; margin: .4rem 0; padding: .3rem .6rem; }
summary { cursor: pointer; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { background: #8882; overflow-x: auto; padding: .6rem; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid #8884; padding: .2rem .8rem .2rem 0; text-align: left; }
td { vertical-align: top; }
@media (prefers-color-scheme: dark) { body { background: #111; color: #ddd; } a { color: #8bf; } }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
"""Only the page's own style; no script, no request, no framing."""


def reference_page(document: Json, apis: Sequence[Api], api: Api, version: str) -> str:
    """The page of one version of an API.

    Args:
        document: its OpenAPI description.
        apis: all APIs, for the navigation.
    """
    title = escape(document["info"]["title"])
    links = " ".join(
        _version_link(one, name, len(apis) > 1, one == api and name == version)
        for one in apis
        for name in one.versions
    )
    operations = [
        (described["tags"][0], method.upper(), path, described)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    ]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{title}</h1><nav>{links}</nav>",
        f"<p>Send a key as <code>Ocp-Apim-Subscription-Key</code>. Every path is below"
        f" <code>{escape(document['servers'][0]['url'])}</code>. For programs there is"
        f' <a href="/openapi.json?{_query(api, version)}">openapi.json</a>.</p>',
    ]
    for tag, group in groupby(operations, key=lambda one: one[0]):
        parts.append(f"<h2>{escape(tag)}</h2>")
        parts += [_operation(method, path, described) for _, method, path, described in group]
    parts.append("<h2>Bodies</h2>")
    parts += [_schema(name, each) for name, each in document["components"]["schemas"].items()]
    return "".join([*parts, "</body></html>"])


def _version_link(api: Api, name: str, named: bool, chosen: bool) -> str:
    text = escape(f"{api.name} {name}" if named else name)
    if chosen:
        return f"<strong>{text}</strong>"
    return f'<a href="/docs?{_query(api, name)}">{text}</a>'


def _query(api: Api, version: str) -> str:
    """The escaped query that selects a version of an API; the Face API is the default."""
    named = "" if api == FACE else f"&amp;api={escape(api.name)}"
    return f"version={escape(version)}{named}"


def _operation(method: str, path: str, described: Json) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}</td>"
        f"<td>{escape(one.get('description', ''))}</td><td>{_shown(one['schema'])}</td></tr>"
        for one in described["parameters"]
    )
    body = "".join(
        f"<p>Takes <code>{escape(kind)}</code>: {_shown(content['schema'])}</p>"
        for kind, content in described.get("requestBody", {}).get("content", {}).items()
    )
    answers = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(answer['description'])}</td><td>"
        + "".join(_shown(content["schema"]) for content in answer.get("content", {}).values())
        + "</td></tr>"
        for status, answer in described["responses"].items()
    )
    return (
        f'<details id="{escape(described["operationId"])}"><summary><strong>{escape(method)}'
        f"</strong> <code>{escape(path)}</code> {escape(described['summary'])}</summary>"
        + (f"<table>{rows}</table>" if rows else "")
        + f"{body}<table>{answers}</table></details>"
    )


def _schema(name: str, schema: Json) -> str:
    text = escape(json.dumps(schema, indent=2))
    return (
        f'<details id="body-{escape(name)}"><summary><code>{escape(name)}</code>'
        f" {escape(schema.get('description', ''))}</summary><pre>{text}</pre></details>"
    )


def _shown(schema: Json) -> str:
    """A schema in one line: a link to a named body, otherwise its JSON."""
    for word, joint in (("anyOf", " or "), ("allOf", " and ")):
        if word in schema:
            return joint.join(_shown(each) for each in schema[word])
    if schema.get("type") == "array" and "items" in schema:
        return f"array of {_shown(schema['items'])}"
    reference = schema.get("$ref")
    if reference is None:
        return f"<code>{escape(json.dumps(schema))}</code>"
    name = escape(reference.rpartition("/")[2])
    return f'<a href="#body-{name}"><code>{name}</code></a>'
