"""The contract's example files, and the requests that they describe."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients.contract.openapi import contract_file, load_contract

_METHODS = ("get", "put", "post", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Example:
    """One example file and its operation.

    Attributes:
        template: the operation's path, with its parameters in braces.
        declared: the operation's parameters by name, as the OpenAPI file declares them.
        given: the example's values by name.
        answers: status to example body (None where it has none).
    """

    name: str
    version: str
    method: str
    template: str
    declared: Mapping[str, Mapping[str, Any]]
    given: Mapping[str, Any]
    answers: Mapping[int, Any]

    def body(self) -> Any:
        """The JSON body, or None if the example has none or has an image."""
        for name, parameter in self.declared.items():
            if parameter["in"] == "body" and not self.takes_bytes(parameter):
                return self.given.get(name)
        return None

    @property
    def sends_image(self) -> bool:
        """Whether the body is an image's bytes."""
        return any(
            parameter["in"] == "body" and self.takes_bytes(parameter)
            for parameter in self.declared.values()
        )

    @property
    def form(self) -> dict[str, Any]:
        """The fields of a multipart body."""
        # One example of v1.2 gives the fields as a JSON body, which its operation does not accept.
        given = {**self.given, **self.given.get("body", {})}
        return {
            name: given.get(name, "")
            for name, parameter in self.declared.items()
            if parameter["in"] == "formData"
            and (name in given or (parameter["type"] == "file" and parameter["required"]))
        }

    @staticmethod
    def takes_bytes(parameter: Mapping[str, Any]) -> bool:
        """Whether a body parameter is binary."""
        return bool(parameter["schema"].get("format") in ("binary", "file"))


def examples(version: str) -> Iterator[Example]:
    """All examples of a version; none where the OpenAPI files are absent."""
    path = contract_file(version)
    if path is None:
        return
    raw = load_contract(path)
    for template, methods in raw["paths"].items():
        for method in _METHODS:
            operation = methods.get(method, {})
            for reference in operation.get("x-ms-examples", {}).values():
                file = (path.parent / reference["$ref"]).resolve()
                shared = methods.get("parameters", [])
                declared = [_resolved(raw, one) for one in [*operation["parameters"], *shared]]
                yield _example(file, version, method, template, declared)


def _example(
    file: Path, version: str, method: str, template: str, declared: list[Mapping[str, Any]]
) -> Example:
    content = json.loads(file.read_text("utf-8"))
    return Example(
        name=file.stem,
        version=version,
        method=method.upper(),
        template=template.partition("?")[0],
        declared={parameter["name"]: parameter for parameter in declared},
        given=content["parameters"],
        answers={
            int(status): (answer or {}).get("body")
            for status, answer in content["responses"].items()
        },
    )


def _resolved(raw: Mapping[str, Any], parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in parameter:
        return parameter
    found: Mapping[str, Any] = raw["parameters"][parameter["$ref"].rpartition("/")[2]]
    return found
