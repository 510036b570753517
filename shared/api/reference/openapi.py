"""The OpenAPI description of one version, generated from the operations (OpenAPI 3.1.0)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args, get_origin

import msgspec

from shared.api.access.keys import KEY_HEADER, KEY_PARAMETER
from shared.api.bodies.collections import CollectionAnswer
from shared.api.bodies.detection import ImageUrlBody
from shared.api.bodies.liveness import SessionImageBody
from shared.api.bodies.members import RECOGNITION_MODELS_HERE, REQUIRED
from shared.api.bodies.wire import ErrorAnswer
from shared.api.idempotency import HEADER, LONGEST_KEY
from shared.api.media_types import JSON, MULTIPART, NDJSON, OCTET_STREAM
from shared.api.operations import CONTINUATION, Operation
from shared.api.parameters import STANDARD, Capabilities, Parameter
from shared.api.reference.examples import Examples
from shared.api.reference.schemas import SCHEMAS, Json
from shared.api.resources.collections import answer_type
from shared.api.versions import Api, ApiVersion
from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS
from shared.domain.identifiers import COLLECTION_ID
from shared.version import VERSION

_UUID: Json = {"type": "string", "format": "uuid"}
_BYTES: Json = {"type": "string", "format": "binary"}
_TEXTS = ("name", "poisonId", "deletedId")
"""Path parameters that are neither ids of collections nor UUIDs."""
_IDEMPOTENCY_KEY: Json = {
    "name": HEADER,
    "in": "header",
    "description": "Sent again with the same key, the request is answered as the first time, for"
    " 24 hours, and creates nothing twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}
_LENGTH_REQUIRED = 411
"""Only of operations that read a body."""
_ERRORS = (
    (400, "The request is malformed or out of range."),
    (401, "The request has no valid key or token."),
    (403, "The request is not allowed."),
    (404, "A resource that the path names does not exist."),
    (409, "The state of the resource does not allow the request now."),
    (410, "The operation is retired."),
    (_LENGTH_REQUIRED, "The body was sent in chunks; send it with its Content-Length."),
    (415, "The operation does not take the Content-Type of the body."),
    (429, "The rate limit is exceeded; Retry-After says when to retry."),
    (500, "The service failed."),
    (503, "The service is busy; Retry-After says when to retry."),
)


class OpenApi:
    """Builds descriptions.

    Args:
        operations: of all APIs and versions.
        capabilities: values that the described deployment accepts.
    """

    def __init__(
        self, operations: Sequence[Operation], capabilities: Capabilities = STANDARD
    ) -> None:
        self._operations = operations
        self._capabilities = capabilities

    def document(self, api: Api, version: ApiVersion) -> Json:
        """The description of one version of an API."""
        operations = [one for one in self._operations if one.api == api and one.is_in(version.name)]
        types = [kind for one in operations for kind in _types(one)]
        schemas, components = _schemas([*types, ErrorAnswer], self._capabilities)
        paths: dict[str, Json] = {}
        for operation in operations:
            path = paths.setdefault("/" + operation.path.replace("{*", "{"), {})
            path[operation.method.lower()] = self._operation(operation, version, schemas)
        return {
            "openapi": "3.1.0",
            "info": {
                "title": f"Lineament: {api.title} {version.name}",
                "version": VERSION,
                "description": "Face detection, verification and identification. Images are JPEG,"
                " PNG, GIF, BMP, WebP or AVIF, and HEIC where the service has its decoder.",
            },
            "servers": [{"url": f"/{api.name}/{version.name}"}],
            "security": [{"key": []}, {"keyInQuery": []}, {"entra": []}],
            "paths": dict(sorted(paths.items())),
            "components": {"schemas": components, "securitySchemes": _security()},
        }

    def _operation(self, operation: Operation, version: ApiVersion, schemas: _Schemas) -> Json:
        described: Json = {
            "operationId": operation.name,
            "summary": operation.summary,
            "tags": [operation.path.partition("/")[0]],
            "parameters": [
                *(_path_parameter(name) for name in path_parameters(operation.path)),
                *(_query_parameter(one.adapted(self._capabilities)) for one in operation.query),
                *([_IDEMPOTENCY_KEY] if operation.creates else []),
            ],
            "responses": {
                **_success(operation, schemas),
                **{str(status): _error(text, schemas) for status, text in _errors(operation)},
            },
        }
        content = _content(operation, version, schemas)
        if content:
            described["requestBody"] = {"required": True, "content": content}
        return described


def _types(operation: Operation) -> Iterator[Any]:
    if operation.takes_image:
        yield ImageUrlBody
    if operation.body is not None:
        yield operation.body
    if operation.form is not None:
        yield operation.form.fields
    if operation.lines is not None:
        yield operation.lines
    answers = _answers(operation)
    if answers is not None:
        yield answers


def _answers(operation: Operation) -> Any:
    """The type of a response; for a collection, that of its kind."""
    answers = operation.answers
    if operation.kind is None:
        return answers
    if answers is CollectionAnswer:
        return answer_type(operation.kind)
    if get_origin(answers) is list and get_args(answers) == (CollectionAnswer,):
        return list[answer_type(operation.kind)]  # type: ignore[misc] # a type made at run time
    return answers


class _Schemas:
    """The schema of each type that operations use."""

    def __init__(self, found: dict[Any, Json], examples: Examples) -> None:
        self._found = found
        self._examples = examples

    def of(self, kind: Any) -> Json:
        """A type's schema."""
        return self._found[kind]

    def with_example(self, schema: Json) -> Json:
        """A schema as the content of a body, with an example."""
        return {"schema": schema, "example": self._examples.of(schema)}


def _schemas(types: Sequence[Any], capabilities: Capabilities) -> tuple[_Schemas, Json]:
    unique = list(dict.fromkeys(types))
    schemas, components = msgspec.json.schema_components(unique, ref_template=SCHEMAS + "{name}")
    for schema in components.values():
        for name, member in schema.get("properties", {}).items():
            exact = _resolved(_without_null(member), capabilities)
            if exact.pop(REQUIRED, False):
                exact.pop("default", None)
                schema["required"] = [*schema.get("required", ()), name]
            schema["properties"][name] = exact
    found = {kind: dict(schema) for kind, schema in zip(unique, schemas, strict=True)}
    return _Schemas(found, Examples(components)), dict(sorted(components.items()))


def _without_null(member: Json) -> Json:
    """Absent members are left out of the JSON and are never null."""
    choices = [choice for choice in member.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) != 1:
        return member
    rest = {key: value for key, value in member.items() if key not in ("anyOf", "default")}
    return {**choices[0], **rest}


def path_parameters(path: str) -> list[str]:
    """The names of a path's parameters, in order."""
    return [segment[1:-1].lstrip("*") for segment in path.split("/") if segment.startswith("{")]


def _path_parameter(name: str) -> Json:
    if name == "recognitionModel":
        schema: Json = {"type": "string", "enum": sorted(DIRECTORY_RECOGNITION_MODELS)}
    elif name.endswith(("GroupId", "ListId")):
        schema = {"type": "string", "pattern": f"^{COLLECTION_ID.pattern}$"}
    elif name in _TEXTS:
        schema = {"type": "string"}
    else:
        schema = _UUID
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameter(parameter: Parameter[Any]) -> Json:
    described: Json = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.meaning,
        "schema": dict(parameter.schema),
    }
    if parameter.schema.get("type") == "array":
        described |= {"style": "form", "explode": False}
    return described


def _errors(operation: Operation) -> Iterator[tuple[int, str]]:
    return (one for one in _ERRORS if one[0] != _LENGTH_REQUIRED or operation.reads_body)


def _content(operation: Operation, version: ApiVersion, schemas: _Schemas) -> Json:
    content: Json = {}
    json = [schemas.of(ImageUrlBody)] if operation.takes_image else []
    # In some versions an image of a liveness session can be given as well.
    if operation.body is not None and (
        operation.body is not SessionImageBody or version.session_images
    ):
        json.append(schemas.of(operation.body))
    if json:
        content[JSON] = schemas.with_example(json[0] if len(json) == 1 else {"anyOf": json})
    if operation.lines is not None:
        content[NDJSON] = schemas.with_example(schemas.of(operation.lines))
    if operation.takes_image or operation.takes_bytes:
        content[OCTET_STREAM] = {"schema": _BYTES}
    if operation.form is not None:
        file = {"type": "object", "properties": {operation.form.file: _BYTES}}
        file["required"] = [operation.form.file]
        content[MULTIPART] = {"schema": {"allOf": [schemas.of(operation.form.fields), file]}}
    return content


def _resolved(member: Json, capabilities: Capabilities) -> Json:
    """A member whose values depend on the deployment, with those values."""
    exact = dict(member)
    if exact.pop(RECOGNITION_MODELS_HERE, False):
        exact["enum"] = list(capabilities.recognition_models)
    return exact


def _success(operation: Operation, schemas: _Schemas) -> Json:
    if operation.success >= 400:
        return {}
    described: Json = {"description": "Success."}
    if operation.success == 202:
        described["description"] = "Accepted; operation-location has the address of the status."
        described["headers"] = {
            "operation-location": {"schema": {"type": "string", "format": "uri"}},
            "Retry-After": {"schema": {"type": "integer"}},
        }
    if NDJSON in operation.produces:
        described["headers"] = {
            CONTINUATION: {
                "description": "start of the next page; absent on the last one.",
                "schema": {"type": "string"},
            }
        }
    answers = _answers(operation)
    if answers is not None:
        kinds = operation.produces or (JSON,)
        content = schemas.with_example(schemas.of(answers))
        described["content"] = dict.fromkeys(kinds, content)
    elif operation.produces:
        described["content"] = {kind: {"schema": _BYTES} for kind in operation.produces}
    return {str(operation.success): described}


def _error(text: str, schemas: _Schemas) -> Json:
    return {"description": text, "content": {JSON: {"schema": schemas.of(ErrorAnswer)}}}


def _security() -> Json:
    return {
        "key": {"type": "apiKey", "in": "header", "name": KEY_HEADER},
        "keyInQuery": {"type": "apiKey", "in": "query", "name": KEY_PARAMETER},
        "entra": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of Entra ID, if the operator accepts tokens.",
        },
    }
