"""curl commands that call an operation, for the reference page."""

from __future__ import annotations

import json
import re

from shared.api.access.keys import KEY_HEADER
from shared.api.media_types import JSON, MULTIPART, NDJSON, OCTET_STREAM
from shared.api.reference.examples import Examples
from shared.api.reference.schemas import Json

_SHOWN_PARAMETERS = ("recognitionModel", "detectionModel", "start", "top")
"""Query parameters that a first call is likely to set."""


def curl(method: str, path: str, facts: Json) -> str:
    """One command, over several lines.

    Args:
        path: with the base path; its parameters get example values.
        facts: the operation as OpenAPI describes it.
    """
    examples = Examples({})
    named = {one["name"]: one["schema"] for one in facts["parameters"]}
    filled = re.sub(r"{(\w+)}", lambda found: _path_value(found[1], named, examples), path)
    query = "&".join(
        f"{name}={named[name].get('default')}"
        for name in _SHOWN_PARAMETERS
        if name in named and named[name].get("default") is not None
    )
    lines = [
        f'curl -X {method} "$url{filled}{"?" + query if query else ""}"',
        f'-H "{KEY_HEADER}: $key"',
        *_body(facts.get("requestBody", {}).get("content", {})),
    ]
    return " \\\n    ".join(lines)


def _path_value(name: str, named: Json, examples: Examples) -> str:
    known = examples.of(named.get(name, {"type": "string"}), name)
    pattern = named.get(name, {}).get("pattern")
    return "staff" if pattern and not re.search(pattern, str(known)) else str(known)


def _body(content: Json) -> list[str]:
    if OCTET_STREAM in content:
        return [f'-H "Content-Type: {OCTET_STREAM}"', "--data-binary @portrait.jpg"]
    if NDJSON in content:
        return [f'-H "Content-Type: {NDJSON}"', "--data-binary @page.ndjson"]
    if JSON in content:
        body = json.dumps(content[JSON].get("example", {}))
        return [f'-H "Content-Type: {JSON}"', f"-d '{body}'"]
    if MULTIPART in content:
        return ["-F 'Parameters={…}'", "-F VerifyImage=@portrait.jpg"]
    return []
