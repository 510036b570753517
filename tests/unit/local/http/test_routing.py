"""Route templates and precedence, against the rules of ASP.NET Core's reference."""

from __future__ import annotations

import pytest

from local.http.routing import Router, parse_template
from shared.domain.errors import ConfigurationError

ANY: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("", "/", {}),
        ("Groups", "/gROUPS", {}),
        ("a/{x}", "/a/b", {"x": "b"}),
        ("a/{x}", "/a/b/", {"x": "b"}),
        ("a/{x}", "/a/b%2520c%C3%A4", {"x": "b%20cä"}),
        ("a/{x?}", "/a", {}),
        ("a/{x:int?}", "/a/5", {"x": "5"}),
        ("{*rest}", "/", {"rest": ""}),
        ("{*rest}", "/a/b%20c/", {"rest": "a/b c"}),
        ("a/{**rest}", "/a/b/c", {"rest": "b/c"}),
        (r"{v:regex(^v\d{{1,2}}(/x)?$)}/{id:length(1,3)}", "/V12/abc", {"v": "V12", "id": "abc"}),
        ("{x:int:min(5):max(9)}", "/7", {"x": "7"}),
    ],
)
def test_a_template_matches_and_gives_decoded_values(
    template: str, path: str, values: dict[str, str]
) -> None:
    assert parse_template(template).match(path) == values


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("a", "/"),
        ("a", "/a/b"),
        ("a/{x}", "/a"),
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
def test_a_template_refuses(template: str, path: str) -> None:
    assert parse_template(template).match(path) is None


def test_more_specific_templates_win_from_left_to_right() -> None:
    templates = ["{*rest}", "{a}/{b}", "{a:alpha}/{b}", "{a}/x", "s/{b}", "s/{b:int}", "s/t"]
    router = Router((template, ANY, template) for template in templates)

    def serving(path: str) -> str:
        found = router.find("GET", path)
        assert found is not None
        return found[0]

    assert [serving(p) for p in ("/s/t", "/s/5", "/s/x", "/r/x", "/5/x", "/5/y", "/1/2/3")] == [
        "s/t",
        "s/{b:int}",
        "s/{b}",
        "{a:alpha}/{b}",
        "{a}/x",
        "{a}/{b}",
        "{*rest}",
    ]


def test_a_route_serves_only_its_methods() -> None:
    router = Router([("a", frozenset({"GET"}), "get"), ("a", frozenset({"PUT"}), "put")])
    found = router.find("PUT", "/a")
    assert found is not None
    assert found[0] == "put"
    assert router.find("DELETE", "/a") is None


@pytest.mark.parametrize(
    "template", ["{x", "a{x}", "{*x}/a", "{x?}/a", "{x:even}", "{x:regex([)}", "{x:length(a)}"]
)
def test_a_malformed_template_is_refused(template: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_template(template)
