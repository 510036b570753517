"""Every route reaches its own function, whichever order a host tries routes in.

Microsoft's host tries them in the order of the functions' names, ASP.NET Core by precedence.
"""

from __future__ import annotations

from itertools import product

import pytest

from function_app import OPERATIONS
from functions.http.binding import catch_all_name
from local.http.routing import Route, Router, host_order, parse_template
from shared.api.operations import Operation
from tests.indexed import app_index
from tools.measure.routes import (
    AppRoute,
    app_routes,
    by_precedence,
    conflicts,
    main,
    overlap,
    sample_path,
)

ROUTES = app_routes(app_index())
ORDERS = {"names": Router(ROUTES), "precedence": Router(by_precedence(ROUTES))}
ROOT_PAGE = "{root:maxlength(0)?}"


def picked(order: str, method: str, path: str) -> str | None:
    found = ORDERS[order].find(method, path)
    return found[0] if found else None


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_reaches_its_own_function_in_every_version(
    order: str, operation: Operation
) -> None:
    path = sample_path(operation.path)
    for version in operation.api.versions:
        prefix = f"/{operation.api.name}/{version}"
        assert picked(order, operation.method, f"{prefix}{path}") == operation.name


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("path", "function"),
    [
        ("/", "home"),
        ("/health", "health"),
        ("/docs", "docs"),
        ("/openapi.json", "openapi"),
        ("/console", catch_all_name("console")),
        ("/console/views/image.js", catch_all_name("console")),
        ("/face/v1.2/nothing", catch_all_name("face")),
        ("/face", catch_all_name("face")),
    ],
)
def test_other_paths_reach_their_functions(order: str, path: str, function: str) -> None:
    assert picked(order, "GET", path) == function


def test_of_two_routes_with_a_common_path_the_more_specific_comes_first() -> None:
    assert list(conflicts(ROUTES)) == []


def test_a_catch_all_that_sorts_first_is_a_conflict() -> None:
    """The app was deployed with this name once: 68 of 102 functions were not reachable."""
    renamed = [
        Route("fallback" if r.name == catch_all_name("face") else r.name, r.template, r.methods, "")
        for r in ROUTES
    ]
    assert {first.name for first, _ in conflicts(renamed)} == {"fallback"}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a/{x}", "a/list", True),
        ("a/{x:int}", "a/list", False),
        ("a/{x:int}", "a/{y:alpha}", False),
        ("a/{x}", "a/{y:guid}", True),
        ("a/{x?}", "a", True),
        ("a/{x?}", "a/{y:int?}", True),
        ("a/{*rest}", "a/b/{x}", True),
        ("a/{*rest}", "a", True),
        ("a/{*rest}", "b", False),
        ("{*rest}", "a/{x:maxlength(0)}", False),
        ("a/b", "a", False),
    ],
)
def test_templates_overlap_where_a_path_matches_both(one: str, other: str, expected: bool) -> None:
    left, right = parse_template(one).segments, parse_template(other).segments
    assert overlap(left, right) is expected
    assert overlap(right, left) is expected


def test_a_page_at_the_root_overlaps_no_route() -> None:
    root = parse_template(ROOT_PAGE).segments
    others = [route.template for route in ROUTES if route.template != ROOT_PAGE]
    assert len(others) == len(ROUTES) - 1
    assert not any(overlap(root, parse_template(template).segments) for template in others)
    assert overlap(parse_template("{root?}").segments, parse_template("health").segments)


@pytest.mark.parametrize("prefix", ["face", "lineament/v1", "lineament", "console", ""])
def test_a_catch_all_sorts_after_every_route_below_its_prefix(prefix: str) -> None:
    name = host_order(catch_all_name(prefix))
    shown = f"{prefix}/" if prefix else ""
    below = [
        *(route.name for route in ROUTES if f"{route.template}/".startswith(shown)),
        catch_all_name(f"{shown}zz"),
        catch_all_name(f"{shown}a/b"),
        "zoom",
        "zz9",
    ]
    assert all(host_order(other) <= name for other in below)


def test_new_routes_and_catch_alls_keep_every_order_the_same() -> None:
    prefixes = ("tenant/v1", "pages", "")
    catch_alls = [
        Route(catch_all_name(prefix), f"{prefix}/{{*rest}}", frozenset({"GET"}), prefix)
        for prefix in prefixes
    ]
    more: list[AppRoute] = [
        Route("unknowns", "tenant/v1/unknowns", frozenset({"GET"}), "unknowns"),
    ]
    routes = [*ROUTES, *catch_alls, *more]
    assert list(conflicts(routes)) == []
    routers = (Router(routes), Router(by_precedence(routes)))
    expected = {
        "/tenant/v1/unknowns": "unknowns",
        "/tenant/v1/x": "tenant/v1",
        "/pages/app.js": "pages",
        "/": "home",
        "/x": "",
    }
    for router, (path, target) in product(routers, expected.items()):
        found = router.find("GET", path)
        assert found is not None
        assert found[0] == target


@pytest.mark.parametrize("prefix", ["face/{version}", "a_b", "a-b"])
def test_a_prefix_of_other_characters_is_rejected(prefix: str) -> None:
    with pytest.raises(ValueError, match="letters and digits"):
        catch_all_name(prefix)


def test_the_table_shows_the_function_that_each_order_picks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.measure.routes.index", lambda app: app_index(app))
    assert main([]) == 0
    assert f"{len(ROUTES)} HTTP functions; the host picks another function for 0" in (
        capsys.readouterr().out
    )
    assert main(["--rename", catch_all_name("face"), "fallback"]) == 1
    assert "the host picks another function for 68" in capsys.readouterr().out
