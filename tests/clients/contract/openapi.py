"""Microsoft's OpenAPI files, and the check of an exchange against them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema

from tests.clients.contract.recorder import Exchange
from tools.reference_data import contract_folder

_METHODS = ("get", "put", "post", "patch", "delete")


# Two parameters that the v1.0 files reference in a file that is absent here.
_COMMON_FILE = "../../../Common/Parameters.json"
_COMMON_PARAMETERS: Mapping[str, Any] = {
    "ImageUrl": {
        "name": "ImageUrl",
        "in": "body",
        "required": True,
        "schema": {
            "type": "object",
            "required": ["url"],
            "properties": {"url": {"type": "string"}},
        },
    },
    "ImageStream": {
        "name": "Image",
        "in": "body",
        "required": True,
        "schema": {"type": "string", "format": "binary"},
    },
}


@dataclass(frozen=True, slots=True)
class ContractOperation:
    """One operation of an OpenAPI file; overloads of a path are operations of their own."""

    name: str
    method: str
    path: str
    pattern: re.Pattern[str]
    responses: Mapping[str, Any]


def contract_file(version: str) -> Path | None:
    """Microsoft's OpenAPI file of a version, or None where it is absent; see docs/data.md."""
    path = contract_folder() / version / "Face.json"
    return path if path.is_file() else None


def load_contract(path: Path) -> dict[str, Any]:
    """An OpenAPI file with the overloads of x-ms-paths among its paths."""
    text = path.read_text("utf-8").replace(f"{_COMMON_FILE}#/parameters/", "#/parameters/")
    raw: dict[str, Any] = json.loads(text)
    raw["parameters"] = {**_COMMON_PARAMETERS, **raw["parameters"]}
    raw["paths"] = {**raw["paths"], **raw.pop("x-ms-paths", {})}
    return raw


class Contract:
    """The responses that one version's OpenAPI file declares.

    Args:
        version: as in the path, ``v1.2``.
        raw: the file, loaded by ``load_contract``.
    """

    def __init__(self, version: str, raw: dict[str, Any]) -> None:
        self.version = version
        self._definitions = raw["definitions"]
        self.operations = tuple(_operations(raw["paths"]))

    def operations_for(self, exchange: Exchange) -> list[ContractOperation]:
        """The operations that an exchange may belong to; overloads share a path."""
        prefix = f"/face/{self.version}"
        path = re.sub("^/+", "/", exchange.path)
        if not path.lower().startswith(prefix + "/"):
            return []
        return [
            operation
            for operation in self.operations
            if operation.method == exchange.method
            and operation.pattern.fullmatch(path[len(prefix) :])
        ]

    def problems(self, exchange: Exchange) -> Sequence[str]:
        """The violations of a response; empty if it conforms to one of its possible operations."""
        found = [self._problem(operation, exchange) for operation in self.operations_for(exchange)]
        return [] if None in found else [problem for problem in found if problem is not None]

    def _problem(self, operation: ContractOperation, exchange: Exchange) -> str | None:
        response = operation.responses.get(str(exchange.status))
        if response is None:
            response = operation.responses["default"]
            if exchange.status < 400:
                return f"{operation.name}: {exchange.status} is not documented."
        schema = response.get("schema")
        if schema is None:
            return f"{operation.name}: the body should be empty." if exchange.body else None
        if schema.get("type") == "file":
            return None
        try:
            document = json.loads(exchange.body)
            jsonschema.Draft4Validator({**schema, "definitions": self._definitions}).validate(
                document
            )
        except ValueError:
            return f"{operation.name}: the body is not JSON."
        except jsonschema.ValidationError as error:
            return f"{operation.name} {exchange.status}: {error.json_path}: {error.message}"
        return None


def _operations(paths: Mapping[str, Any]) -> list[ContractOperation]:
    found = []
    for path, methods in paths.items():
        literal = path.partition("?")[0]
        pattern = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(literal)), re.IGNORECASE)
        for method in _METHODS:
            if method in methods:
                operation = methods[method]
                found.append(
                    ContractOperation(
                        operation["operationId"],
                        method.upper(),
                        literal,
                        pattern,
                        operation["responses"],
                    )
                )
    return found
