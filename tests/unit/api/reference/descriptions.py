"""Microsoft's descriptions (OpenAPI 2) and this service's (OpenAPI 3.1) in one comparable form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

METHODS = ("get", "put", "post", "patch", "delete")
Json = dict[str, Any]

_SHARED: Mapping[str, Json] = {
    "ImageUrl": {"in": "body", "schema": {"properties": {"url": {}}}},
    "ImageStream": {"in": "body", "schema": {}},
}
"""The two parameters that v1.0 references in Common/Parameters.json."""


@dataclass
class Described:
    """One operation with all its overloads.

    Attributes:
        query: names of query parameters.
        members: names of body members.
        statuses: of success.
        needed: names of the response's required members; of its items, if it is an array.
    """

    query: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    statuses: set[str] = field(default_factory=set)
    needed: set[str] = field(default_factory=set)


Operations = dict[str, Described]
"""By method and path, in lower case and without names of ids, which do not matter on the wire."""


def theirs(file: Path) -> Operations:
    """Microsoft's description; overloads under x-ms-paths have the same path on the wire."""
    document = json.loads(file.read_text("utf-8"))
    found: Operations = {}
    paths = [*document["paths"].items(), *document.get("x-ms-paths", {}).items()]
    for path, methods in paths:
        for method, operation in _operations(methods):
            described = found.setdefault(_name(method, path), Described())
            for parameter in operation.get("parameters", ()):
                parameter = _resolved(parameter, document)
                if parameter["in"] == "query":
                    described.query.add(parameter["name"])
                elif parameter["in"] == "formData":
                    described.members.add(parameter["name"])
                elif parameter["in"] == "body":
                    described.members |= _members(parameter["schema"], document)[0]
            for status, answer in operation["responses"].items():
                if status.startswith("2"):
                    described.statuses.add(status)
                    described.needed |= _members(answer.get("schema", {}), document)[1]
    return found


def ours(document: Json) -> Operations:
    """This service's description."""
    found: Operations = {}
    for path, methods in document["paths"].items():
        for method, operation in _operations(methods):
            described = found.setdefault(_name(method, path), Described())
            described.query = {p["name"] for p in operation["parameters"] if p["in"] == "query"}
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                if kind != "application/octet-stream":
                    described.members |= _members(content["schema"], document)[0]
            for status, answer in operation["responses"].items():
                if status.startswith("2"):
                    described.statuses.add(status)
                    for content in answer.get("content", {}).values():
                        described.needed |= _members(content["schema"], document)[1]
    return found


def differences(version: str, theirs: Operations, ours: Operations) -> Iterator[str]:
    """All differences, one line each."""
    for name in sorted(theirs.keys() - ours.keys()):
        yield f"{version} {name}: missing"
    for name in sorted(ours.keys() - theirs.keys()):
        yield f"{version} {name}: ours only"
    for name in sorted(ours.keys() & theirs.keys()):
        there, here = theirs[name], ours[name]
        for what in ("query", "members", "statuses"):
            left, right = getattr(there, what), getattr(here, what)
            for each in sorted(left - right):
                yield f"{version} {name}: {what} lack {each}"
            for each in sorted(right - left):
                yield f"{version} {name}: {what} have {each} too"
        for each in sorted(there.needed - here.needed):
            yield f"{version} {name}: answer may lack {each}"


def _operations(methods: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    return ((method, one) for method, one in methods.items() if method in METHODS)


def _name(method: str, path: str) -> str:
    return f"{method.upper()} {re.sub(r'{[^}]+}', '{}', path.partition('?')[0]).lower()}"


def _resolved(schema: Json, document: Json) -> Json:
    while "$ref" in schema:
        if not schema["$ref"].startswith("#"):
            return _SHARED[schema["$ref"].rpartition("/")[2]]
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def _members(schema: Json, document: Json) -> tuple[set[str], set[str]]:
    """Names of all members, and of the required ones."""
    schema = _resolved(schema, document)
    if "items" in schema:
        return _members(schema["items"], document)
    members, required = set(schema.get("properties", ())), set(schema.get("required", ()))
    for part in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
        more, needed = _members(part, document)
        members |= more
        required |= needed
    return members, required
