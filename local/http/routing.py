"""Route templates and which of them serves a path, by the rules of ASP.NET Core.

Templates, constraints and precedence: "Routing in ASP.NET Core", route template reference; the
Functions host uses that router. Literals match case-insensitively, values are URL-decoded, a
trailing slash is ignored, and the more specific template wins from left to right: literal, then
constrained parameter, then parameter, then catch-all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import unquote

from local.http.route_constraints import constraint
from shared.domain.errors import ConfigurationError

_PARAMETER = re.compile(r"(\*{0,2})([A-Za-z_]\w*)((?::.*?)?)(\??)", re.DOTALL)

Target = TypeVar("Target")


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    constraints: tuple[Callable[[str], bool], ...]
    catch_all: bool
    optional: bool

    def accepts(self, value: str) -> bool:
        return all(check(value) for check in self.constraints)


_Segment = str | _Parameter


@dataclass(frozen=True, slots=True)
class RouteTemplate:
    """A parsed template. `precedence` sorts more specific templates first."""

    segments: tuple[_Segment, ...]
    precedence: tuple[int, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """The decoded route values, or None.

        Args:
            path: as it stands in the request line, still percent-encoded.
        """
        parts = path.strip("/").split("/") if path.strip("/") else []
        values: dict[str, str] = {}
        for number, segment in enumerate(self.segments):
            if isinstance(segment, _Parameter) and segment.catch_all:
                value = unquote("/".join(parts[number:]))
                if not segment.accepts(value):
                    return None
                return {**values, segment.name: value}
            if number >= len(parts):
                optional = isinstance(segment, _Parameter) and segment.optional
                return values if optional else None
            value = unquote(parts[number])
            if isinstance(segment, str):
                if segment != value.lower():
                    return None
            elif not value or not segment.accepts(value):
                return None
            else:
                values[segment.name] = value
        return values if len(parts) <= len(self.segments) else None


def parse_template(template: str) -> RouteTemplate:
    """Parse `face/{version}/persons/{id:guid}/{*rest}`.

    Raises:
        ConfigurationError: the template is malformed or uses what the local host does not have.
    """
    segments = tuple(_parse_segment(text, template) for text in _split(template, "/") if text)
    for segment in segments[:-1]:
        if isinstance(segment, _Parameter) and (segment.catch_all or segment.optional):
            raise ConfigurationError(f"Route {template}: only the last part may be {{*…}} or ?.")
    return RouteTemplate(segments, tuple(map(_rank, segments)))


class Router(Generic[Target]):
    """Finds what serves a request.

    Args:
        routes: template, methods (empty: all of them) and what to return for a match.
    """

    def __init__(self, routes: Iterable[tuple[str, frozenset[str], Target]]) -> None:
        parsed = [(parse_template(text), methods, target) for text, methods, target in routes]
        self._routes = sorted(parsed, key=lambda route: route[0].precedence)

    def find(self, method: str, path: str) -> tuple[Target, Mapping[str, str]] | None:
        """The most specific route that has this method and path, with its route values.

        A route without the method does not match, so that a catch-all behind it can answer.
        """
        for template, methods, target in self._routes:
            if methods and method not in methods:
                continue
            values = template.match(path)
            if values is not None:
                return target, values
        return None


def _parse_segment(text: str, template: str) -> _Segment:
    if "{" not in text and "}" not in text:
        return text.lower()
    parsed = _PARAMETER.fullmatch(text[1:-1])
    if not (text.startswith("{") and text.endswith("}") and parsed):
        raise ConfigurationError(f"Route {template}: {text} is not one whole parameter.")
    stars, name, constraints, optional = parsed.groups()
    checks = tuple(constraint(part) for part in _split(constraints, ":") if part)
    return _Parameter(name, checks, catch_all=bool(stars), optional=bool(optional))


def _rank(segment: _Segment) -> int:
    """RoutePrecedence.ComputeInbound of ASP.NET Core: lower is tried first."""
    if isinstance(segment, str):
        return 1
    if segment.catch_all:
        return 4 if segment.constraints else 5
    return 2 if segment.constraints else 3


def _split(text: str, separator: str) -> list[str]:
    """Split where no brace or parenthesis is open: regex constraints contain anything."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        if character in "{(":
            depth += 1
        elif character in "})":
            depth -= 1
        elif character == separator and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]
