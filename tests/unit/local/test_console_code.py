"""The one-time code of the console."""

from __future__ import annotations

import pytest

from local.console_code import ConsoleCode, may_have_code, read_code


class Seconds:
    def __init__(self) -> None:
        self.value = 0.0

    def __call__(self) -> float:
        return self.value


def test_a_code_has_128_bits_and_is_another_each_time() -> None:
    codes = {ConsoleCode("key").code for _ in range(100)}
    assert len(codes) == 100
    assert {len(code) for code in codes} == {22}


def test_a_code_is_exchanged_once() -> None:
    code = ConsoleCode("key")
    assert code.exchange(code.code) == "key"
    assert code.exchange(code.code) is None


@pytest.mark.parametrize(("age", "key"), [(599.0, "key"), (600.0, None)])
def test_a_code_ends_after_ten_minutes(age: float, key: str | None) -> None:
    now = Seconds()
    code = ConsoleCode("key", now)
    now.value = age
    assert code.exchange(code.code) == key


@pytest.mark.parametrize(("wrong", "key"), [(4, "key"), (5, None)])
def test_the_fifth_wrong_try_ends_a_code(wrong: int, key: str | None) -> None:
    code = ConsoleCode("key")
    assert [code.exchange(f"wrong {number} \u00e9") for number in range(wrong)] == [None] * wrong
    assert code.exchange(code.code) == key


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"code": "abc"}', "abc"),
        (b'{"code": 1}', ""),
        (b'["code"]', ""),
        (b"", ""),
        (b"\xff", ""),
        (b"[" * 100_000, ""),
    ],
)
def test_the_code_is_read_from_json(body: bytes, code: str) -> None:
    assert read_code(body) == code


def test_half_a_surrogate_pair_is_a_wrong_try() -> None:
    code = ConsoleCode("key")
    assert [code.exchange(read_code(rb'{"code": "\ud800"}')) for _ in range(5)] == [None] * 5
    assert code.exchange(code.code) is None


@pytest.mark.parametrize(
    ("site", "expected"),
    [("same-origin", True), ("same-site", False), ("cross-site", False), ("none", False)],
)
def test_a_code_comes_from_the_service_s_own_page(site: str, expected: bool) -> None:
    head = {"content-type": "application/json", "content-length": "40", "sec-fetch-site": site}
    assert may_have_code(head) is expected


@pytest.mark.parametrize(
    ("kind", "length", "expected"),
    [
        ("application/json", "40", True),
        ("Application/JSON; charset=utf-8", "999", True),
        ("application/json", "1000", False),
        ("application/json", "", False),
        ("application/json", "-1", False),
        ("text/plain", "40", False),
        ("", "40", False),
    ],
)
def test_a_request_with_a_code_is_short_and_json(kind: str, length: str, expected: bool) -> None:
    assert may_have_code({"content-type": kind, "content-length": length}) is expected
