"""Request heads are read as Microsoft's host reads them."""

from __future__ import annotations

from typing import Any

import pytest

from local.http.request_head import HeadRejected, RequestHead, decode_path, encode_path, read_head

HOST = (b"host", b"localhost")


def head(
    method: str = "GET",
    path: bytes = b"/a",
    query: bytes = b"",
    headers: tuple[tuple[bytes, bytes], ...] = (HOST,),
    version: str = "1.1",
) -> RequestHead:
    scope: dict[str, Any] = {
        "method": method,
        "raw_path": path,
        "query_string": query,
        "headers": headers,
        "http_version": version,
        "scheme": "http",
    }
    return read_head(scope)


def rejection(**parts: Any) -> int:
    with pytest.raises(HeadRejected) as rejected:
        head(**parts)
    return rejected.value.status


@pytest.mark.parametrize(
    ("raw", "decoded", "encoded"),
    [
        ("/a%20b", "/a b", "/a%20b"),
        ("/a%2fb%2Fc", "/a%2fb%2Fc", "/a%2fb%2Fc"),
        ("/a%5Cb", "/a\\b", "/a%5Cb"),
        ("/%C3%BC", "/ü", "/%C3%BC"),
        ("/%ff%C3%BC", "/%FFü", "/%FF%C3%BC"),
        ("/%zz", "/%zz", "/%25zz"),
        ("/a#b", "/a#b", "/a%23b"),
        ("/a/./b/../c", "/a/c", "/a/c"),
        ("/a/%2e%2E/b", "/b", "/b"),
        ("/../../a/..", "/", "/"),
        ("/a/.", "/a/", "/a/"),
        ("/.a/..b", "/.a/..b", "/.a/..b"),
    ],
)
def test_a_path_is_decoded_and_encoded_again(raw: str, decoded: str, encoded: str) -> None:
    assert decode_path(raw) == decoded
    assert encode_path(decoded) == encoded


def test_slashes_at_the_front_become_one_only_where_that_is_asked_for() -> None:
    scope = {
        "method": "GET",
        "raw_path": b"//a//b",
        "query_string": b"x=//y",
        "headers": (HOST,),
        "http_version": "1.1",
        "scheme": "http",
    }
    assert read_head(scope).url == "http://localhost//a//b?x=//y"
    joined = read_head(scope, one_slash=True)
    assert (joined.path, joined.url) == ("/a//b", "http://localhost/a//b?x=//y")


def test_a_path_with_a_nul_is_400() -> None:
    assert rejection(path=b"/%00") == 400


def test_names_of_a_query_are_merged_without_regard_to_case_and_empty_values_left_out() -> None:
    assert head(query=b"A=1&a=2&b=&c&d=&D=3&=4").query == {"a": "1,2", "D": "3", "": "4"}


def test_a_method_is_read_in_upper_case() -> None:
    assert head("get").method == "GET"


def test_header_values_are_trimmed_text() -> None:
    given = (HOST, (b"x-a", b" \xc3\xa9\t"), (b"x-a", b"2"))
    assert head(headers=given).headers["x-a"] == "é,2"
    assert rejection(headers=(HOST, (b"x-a", b"caf\xe9"))) == 400


def test_a_request_has_one_host() -> None:
    assert rejection(headers=()) == 400
    assert rejection(headers=(HOST, HOST)) == 400


def test_an_absolute_target_must_name_the_host() -> None:
    assert head(path=b"http://localhost/a/b").path == "/a/b"
    assert head(path=b"http://localhost").path == "/"
    assert rejection(path=b"http://other/a") == 400
    assert rejection(path=b"a") == 400


def test_a_content_length_beside_a_transfer_encoding_is_not_the_length() -> None:
    given = (HOST, (b"transfer-encoding", b"chunked"), (b"content-length", b"2"))
    assert "content-length" not in head(headers=given).headers
    assert head(headers=given).headers["x-content-length"] == "2"


def test_other_versions_of_http_are_505() -> None:
    assert head(version="1.0").path == "/a"
    assert rejection(version="2.0") == 505
    assert rejection(version="0.9") == 400


def test_a_request_line_beyond_eight_kilobytes_is_414() -> None:
    longest = b"/" + b"a" * (8192 - len("GET / HTTP/1.1\r\n"))
    assert head(path=longest).path == longest.decode()
    assert rejection(path=longest + b"a") == 414
    assert rejection(path=longest[:-2], query=b"ab") == 414


def test_headers_beyond_a_hundred_or_32_kilobytes_are_431() -> None:
    many = tuple((f"x-{number}".encode(), b"1") for number in range(99))
    assert len(head(headers=(HOST, *many)).headers) == 100
    assert rejection(headers=(HOST, *many, (b"x", b"1"))) == 431
    rest = 32 * 1024 - len("host: localhost\r\n") - len("x: \r\n")
    assert len(head(headers=(HOST, (b"x", b"a" * rest))).headers["x"]) == rest
    assert rejection(headers=(HOST, (b"x", b"a" * (rest + 1)))) == 431
