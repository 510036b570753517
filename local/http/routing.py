"""Route templates, and which function answers a path, as in Microsoft's Functions host.

Templates and constraints: "Routing in ASP.NET Core", route template reference. Literals match in
any case. The host does not sort routes by ASP.NET Core's precedence: it tries functions in the
order of their names and takes the first whose template and methods match (recorded rows
`/items/list` and `/hidden/one` of tests/contract/recorded_host).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from local.http.route_constraints import constraint
from shared.domain.errors import ConfigurationError

_PARAMETER = re.compile(r"(\*{0,2})([A-Za-z_]\w*)((?::.*?)?)(\??)", re.DOTALL)

Target = TypeVar("Target")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A segment such as `{id:int}`, `{*rest}` or `{name?}`."""

    name: str
    constraints: tuple[Callable[[str], bool], ...]
    catch_all: bool
    optional: bool

    def accepts(self, value: str) -> bool:
        """Whether a value meets all constraints."""
        return all(check(value) for check in self.constraints)


Segment = str | Parameter
"""A literal, in lower case, or a parameter."""


@dataclass(frozen=True, slots=True)
class RouteTemplate:
    """A parsed template."""

    segments: tuple[Segment, ...]

    @property
    def precedence(self) -> tuple[int, ...]:
        """Sorts more specific templates first: ASP.NET Core's RoutePrecedence.ComputeInbound.

        Not the order of the Functions host; an app is portable where both orders agree.
        """
        return tuple(map(_rank, self.segments))

    def match(self, path: str) -> dict[str, str] | None:
        """The route values, or None. A catch-all or optional parameter without a value has none.

        Args:
            path: decoded, see `request_head.decode_path`. One slash at its end is ignored, except
                by a catch-all; empty segments match nothing but a catch-all.
        """
        rest = path.removeprefix("/")
        values: dict[str, str] = {}
        for segment in self.segments:
            if isinstance(segment, Parameter) and segment.catch_all:
                if rest:
                    values[segment.name] = rest
                return values if segment.accepts(rest) else None
            if not rest:
                optional = isinstance(segment, Parameter) and segment.optional
                return values if optional else None
            value, _, rest = rest.partition("/")
            if isinstance(segment, str):
                if segment != value.lower():
                    return None
            elif not value or not segment.accepts(value):
                return None
            else:
                values[segment.name] = value
        return None if rest else values


def parse_template(template: str) -> RouteTemplate:
    """Parse `face/{version}/persons/{id:guid}/{*rest}`.

    Raises:
        ConfigurationError: the template is malformed or uses an unknown constraint.
    """
    segments = tuple(_parse_segment(text, template) for text in _split(template, "/") if text)
    for segment in segments[:-1]:
        if isinstance(segment, Parameter) and (segment.catch_all or segment.optional):
            raise ConfigurationError(f"Route {template}: only the last part may be {{*…}} or ?.")
    return RouteTemplate(segments)


@dataclass(frozen=True, slots=True)
class Route(Generic[Target]):
    """What a function answers.

    Attributes:
        name: the function's; it decides the order.
        methods: empty for every method.
        target: what `Router.find` returns for a match.
    """

    name: str
    template: str
    methods: frozenset[str]
    target: Target


class Router(Generic[Target]):
    """Finds the target of a request."""

    def __init__(self, routes: Iterable[Route[Target]]) -> None:
        ordered = sorted(routes, key=lambda route: host_order(route.name))
        self._routes = [(parse_template(route.template), route) for route in ordered]

    def find(self, method: str, path: str) -> tuple[Target, Mapping[str, str]] | None:
        """The target of the first route that has this method and path, and its route values.

        A route without the method does not match; a later one may.
        """
        for template, route in self._routes:
            if route.methods and method not in route.methods:
                continue
            values = template.match(path)
            if values is not None:
                return route.target, values
        return None


def host_order(name: str) -> str:
    """The key by which the Functions host sorts functions: ordinal, in upper case."""
    return name.upper()


def _parse_segment(text: str, template: str) -> Segment:
    if "{" not in text and "}" not in text:
        return text.lower()
    parsed = _PARAMETER.fullmatch(text[1:-1])
    if not (text.startswith("{") and text.endswith("}") and parsed):
        raise ConfigurationError(f"Route {template}: {text} is not one whole parameter.")
    stars, name, constraints, optional = parsed.groups()
    checks = tuple(constraint(part) for part in _split(constraints, ":") if part)
    return Parameter(name, checks, catch_all=bool(stars), optional=bool(optional))


def _rank(segment: Segment) -> int:
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
