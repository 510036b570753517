"""Schemas in words: types, ranges and choices as a reader expects them."""

from __future__ import annotations

from html import escape

from shared.api.reference.schemas import Json

_FORMATS = {"uuid": "UUID", "date-time": "date and time", "uri": "URL", "binary": "bytes"}


def in_words(schema: Json) -> str:
    """A schema as HTML in one line; a named schema is a link to its table."""
    for word, joint in (("anyOf", " or "), ("oneOf", " or "), ("allOf", " and ")):
        if word in schema:
            return joint.join(in_words(each) for each in schema[word])
    reference = schema.get("$ref")
    if reference is not None:
        name = escape(reference.rpartition("/")[2])
        return f'<a href="#body-{name}">{name}</a>'
    if "enum" in schema:
        return "one of " + ", ".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"])
    if schema.get("type") == "array":
        return _array(schema)
    kind: str = _FORMATS.get(schema.get("format", "")) or schema.get("type", "any value")
    return f"{escape(kind)}{_bounds(schema)}"


def default_of(schema: Json) -> str:
    """The default as HTML; empty where there is none."""
    value = schema.get("default")
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<code>{escape(text)}</code>"


def _array(schema: Json) -> str:
    items = in_words(schema["items"]) if "items" in schema else "values"
    least, most = schema.get("minItems"), schema.get("maxItems")
    counted = f" ({least or 0} to {most})" if most is not None else ""
    return f"list{counted} of {items}"


def _bounds(schema: Json) -> str:
    if "minimum" in schema or "maximum" in schema:
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is None or high is None:
            return f", at least {low}" if high is None else f", at most {high}"
        return f", {low} to {high}"
    if "maxLength" in schema:
        return f", at most {schema['maxLength']} characters"
    if "pattern" in schema:
        return f" matching <code>{escape(schema['pattern'])}</code>"
    return ""
