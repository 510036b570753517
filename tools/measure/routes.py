"""Shows which function the Functions host calls for the route of each function of the app.

    python -m tools.measure.routes [--rename NAME NEW_NAME]

The host tries routes in the order of their functions' names; ASP.NET Core by itself would sort them
by precedence. The table shows both. `--rename` shows the effect of another name.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import combinations

import function_app
from local.http.routing import Parameter, Route, Router, Segment, host_order, parse_template
from local.triggers.indexing import FunctionIndex, index

SAMPLE_VALUES = ("6f9619ff-8b86-d011-b42d-00cf4fc964ff", "a", "1", "abc", "true", "v1.2")
"""Values for route parameters; the first one that meets the constraints is used."""

AppRoute = Route[str]
"""A route whose target is the function's name."""


def app_routes(functions: FunctionIndex) -> list[AppRoute]:
    """The routes of an app's HTTP functions, in the order of registration."""
    return [
        Route(one.name, one.trigger.route, one.trigger.methods, one.name) for one in functions.http
    ]


def by_precedence(routes: Sequence[AppRoute]) -> list[AppRoute]:
    """The routes renamed so that the order of names is ASP.NET Core's precedence."""
    ordered = sorted(routes, key=lambda route: parse_template(route.template).precedence)
    return [
        Route(f"{number:06}", route.template, route.methods, route.target)
        for number, route in enumerate(ordered)
    ]


def sample_path(template: str) -> str:
    """A path that the template matches."""
    return "/" + "/".join(
        segment if isinstance(segment, str) else _sample_value(segment)
        for segment in parse_template(template).segments
        if isinstance(segment, str) or _meet(segment, segment)
    )


def conflicts(routes: Sequence[AppRoute]) -> Iterator[tuple[AppRoute, AppRoute]]:
    """Pairs of routes with a common path and method whose order depends on the router.

    The host tries the first of a pair first, although the other is at least as specific.
    """
    named = sorted(routes, key=lambda route: host_order(route.name))
    for first, second in combinations(named, 2):
        one, other = parse_template(first.template), parse_template(second.template)
        if not _share_a_method(first, second) or one.precedence < other.precedence:
            continue
        if overlap(one.segments, other.segments):
            yield first, second


def overlap(one: Sequence[Segment], other: Sequence[Segment]) -> bool:
    """Whether some path matches both sequences of segments with their constraints."""
    if _takes_the_rest(one):
        return all(map(_can_be_matched, other))
    if _takes_the_rest(other):
        return all(map(_can_be_matched, one))
    if not one or not other:
        return all(isinstance(left, Parameter) and left.optional for left in (*one, *other))
    if _meet(one[0], other[0]) and overlap(one[1:], other[1:]):
        return True
    # Optional parameters are only at the end: both may be absent.
    return _all_optional(one) and _all_optional(other)


def _takes_the_rest(segments: Sequence[Segment]) -> bool:
    return bool(segments) and isinstance(segments[0], Parameter) and segments[0].catch_all


def _all_optional(segments: Sequence[Segment]) -> bool:
    return all(isinstance(segment, Parameter) and segment.optional for segment in segments)


def _meet(one: Segment, other: Segment) -> bool:
    """Whether some value matches both segments."""
    candidates = [segment for segment in (one, other) if isinstance(segment, str)]
    return any(
        all(_matches(segment, value) for segment in (one, other))
        for value in candidates or SAMPLE_VALUES
    )


def _matches(segment: Segment, value: str) -> bool:
    return segment == value if isinstance(segment, str) else segment.accepts(value)


def _can_be_matched(segment: Segment) -> bool:
    return isinstance(segment, str) or segment.optional or _meet(segment, segment)


def _sample_value(parameter: Parameter) -> str:
    return next(value for value in SAMPLE_VALUES if parameter.accepts(value))


def _share_a_method(one: AppRoute, other: AppRoute) -> bool:
    return not one.methods or not other.methods or bool(one.methods & other.methods)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table.

    Returns:
        The exit code: 1 where the host picks another function than the route's own.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.measure.routes", description=__doc__)
    parser.add_argument("--rename", nargs=2, metavar=("NAME", "NEW_NAME"), default=("", ""))
    renamed, new_name = parser.parse_args(arguments).rename
    routes = [
        Route(
            new_name if route.name == renamed else route.name,
            route.template,
            route.methods,
            new_name if route.name == renamed else route.target,
        )
        for route in app_routes(index(function_app.app))
    ]
    names, precedence = Router(routes), Router(by_precedence(routes))
    lines, wrong = [], 0
    for route in sorted(routes, key=lambda one: host_order(one.name)):
        method, path = min(route.methods), sample_path(route.template)
        found = names.find(method, path), precedence.find(method, path)
        by_names, by_rank = (one[0] if one else "none" for one in found)
        wrong += by_names != route.name
        mark = "" if by_names == by_rank == route.name else "  <-- another function"
        lines.append(f"{route.name:48} {method:7} {by_names:48} {by_rank}{mark}")
    head = f"{'function':48} {'method':7} {'picked by names (the host)':48} picked by precedence"
    summary = f"{len(routes)} HTTP functions; the host picks another function for {wrong}"
    sys.stdout.write("\n".join([head, *lines, summary]) + "\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
