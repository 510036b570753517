"""Route templates against ASP.NET Core's reference; their order against Microsoft's host."""

from __future__ import annotations

import pytest

from local.http.routing import Route, Router, parse_template
from shared.domain.errors import ConfigurationError

ANY: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("", "/", {}),
        ("Groups", "/gROUPS", {}),
        ("a/{x}", "/a/b", {"x": "b"}),
        ("a/{x}", "/a/b/", {"x": "b"}),
        ("a/{x}", "/a/b%20c%2Fä", {"x": "b%20c%2Fä"}),
        ("a/{x?}", "/a", {}),
        ("a/{x?}", "/a/", {}),
        ("a/{x:int?}", "/a/5", {"x": "5"}),
        ("{root:maxlength(0)?}", "/", {}),
        ("{*rest}", "/", {}),
        ("a/{*rest}", "/a/", {}),
        ("{*rest}", "/a/b c/", {"rest": "a/b c/"}),
        ("{*rest}", "/a//b", {"rest": "a//b"}),
        ("a/{**rest}", "/a/b/c", {"rest": "b/c"}),
        (r"{v:regex(^v\d{{1,2}}(/x)?$)}/{id:length(1,3)}", "/V12/abc", {"v": "V12", "id": "abc"}),
        ("{x:int:min(5):max(9)}", "/7", {"x": "7"}),
    ],
)
def test_a_template_matches_and_returns_route_values(
    template: str, path: str, values: dict[str, str]
) -> None:
    assert parse_template(template).match(path) == values


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("a", "/"),
        ("a", "/a/b"),
        ("a/{x}", "/a"),
        ("a/{x}", "//a/b"),
        ("a/{x}", "/a//b"),
        ("a/{x}", "/a/b//"),
        ("{root:maxlength(0)?}", "//"),
        ("{root:maxlength(0)?}", "/a"),
        ("a/{x}/b", "/a//b"),
        ("a/{x}/b", "/a/x/c"),
        ("{x:int}", "/2147483648"),
        ("{x:int}", "/a"),
        ("{x:alpha}", "/a1"),
        ("{x:bool}", "/yes"),
        ("{x:guid}", "/5f0c1b7e"),
        ("{x:double}", "/1.2.3"),
        ("{x:length(3)}", "/ab"),
        ("{x:minlength(3)}", "/ab"),
        ("{x:maxlength(1)}", "/ab"),
        ("{x:range(1,3)}", "/4"),
        ("{x:int:min(5):max(9)}", "/10"),
        ("{x:regex(^a$)}", "/ab"),
    ],
)
def test_a_template_does_not_match(template: str, path: str) -> None:
    assert parse_template(template).match(path) is None


def test_the_first_matching_route_by_upper_case_name_answers() -> None:
    """Recorded rows `/items/list` (b_item hides c_list) and `/hidden/one`."""
    templates = {"c_list": "items/list", "B_item": "items/{id}", "x_": "{*rest}", "xa": "{*tail}"}
    router = Router(Route(name, template, ANY, name) for name, template in templates.items())
    assert [serving(router, path) for path in ("/items/list", "/items/1", "/other")] == [
        "B_item",
        "B_item",
        "xa",
    ]


def test_precedence_sorts_more_specific_templates_first() -> None:
    templates = ["{*rest}", "{a}/{b}", "{a:alpha}/{b}", "{a}/x", "s/{b}", "s/{b:int}", "s/t"]
    assert sorted(templates, key=lambda one: parse_template(one).precedence) == [
        "s/t",
        "s/{b:int}",
        "s/{b}",
        "{a:alpha}/{b}",
        "{a}/x",
        "{a}/{b}",
        "{*rest}",
    ]


def test_a_route_serves_only_its_methods() -> None:
    router = Router(
        [Route("a", "a", frozenset({"GET"}), "get"), Route("b", "a", frozenset({"PUT"}), "put")]
    )
    assert serving(router, "/a", "PUT") == "put"
    assert router.find("DELETE", "/a") is None


def serving(router: Router[str], path: str, method: str = "GET") -> str:
    found = router.find(method, path)
    assert found is not None
    return found[0]


@pytest.mark.parametrize(
    "template", ["{x", "a{x}", "{*x}/a", "{x?}/a", "{x:even}", "{x:regex([)}", "{x:length(a)}"]
)
def test_a_malformed_template_is_refused(template: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_template(template)
