"""Forms are read within bounds, or rejected."""

from __future__ import annotations

import numpy as np
import pytest

from shared.api.http import Request
from shared.api.multipart import is_multipart, read_form
from shared.domain.errors import BadArgument, InvalidImageSize

KIND = "multipart/form-data; boundary=b"


def form(body: bytes, kind: str = KIND) -> Request:
    """A request with this body."""
    return Request("POST", "http://host/", {"content-type": kind}, {}, {}, body)


def part(name: str, content: bytes, file: str | None = None) -> bytes:
    """One part of a form."""
    named = f'; filename="{file}"' if file else ""
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = b"--b--\r\n"


def test_fields_and_files_come_apart() -> None:
    binary = bytes(range(256)) + b"\r\n--c\n\r"
    body = part("Mode", "Größe".encode()) + part("VerifyImage", binary, "a.jpg") + END
    parts = read_form(form(body))
    assert parts.fields == {"Mode": "Größe"}
    assert parts.files == {"verifyimage": binary}, "not a byte of a file is mended"


def test_the_first_of_several_counts() -> None:
    assert read_form(form(part("a", b"1") + part("a", b"2") + END)).fields == {"a": "1"}


@pytest.mark.parametrize(
    "kind",
    ["", "application/json", "multipart/mixed; boundary=b", "multipart/form-data-x; boundary=b"],
)
def test_what_is_no_form_is_refused(kind: str) -> None:
    request = form(part("a", b"1") + END, kind)
    assert not is_multipart(request)
    with pytest.raises(BadArgument):
        read_form(request)


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        part("a", b"1"),
        b"--b\r\nno header end",
        b"".join(part(f"a{number}", b"1") for number in range(33)) + END,
        part("a", b"x" * 65_537) + END,
    ],
    ids=["nonsense", "no end", "no header end", "33 parts", "a long field"],
)
def test_a_broken_or_boundless_form_is_refused(body: bytes) -> None:
    with pytest.raises(BadArgument):
        read_form(form(body))


def test_a_form_without_a_boundary_is_refused() -> None:
    with pytest.raises(BadArgument):
        read_form(form(part("a", b"1") + END, "multipart/form-data"))


def test_more_than_twenty_megabytes_are_refused_unread() -> None:
    with pytest.raises(InvalidImageSize):
        read_form(form(b"x" * (20 * 1024 * 1024 + 1)))


@pytest.mark.parametrize("disposition", ["", "Content-Disposition: form-data", "a: b"])
def test_a_part_without_a_name_is_left_out(disposition: str) -> None:
    head = f"--b\r\n{disposition}" + ('; filename="f"' if "form" in disposition else "")
    body = head.encode() + b"\r\n\r\nx\r\n" + part("a", b"1") + END
    try:
        parts = read_form(form(body))
    except BadArgument:
        return
    assert set(parts.fields) | set(parts.files) <= {"a"}


@pytest.mark.parametrize("kilobytes", [1, 16, 63, 64, 65, 200, 1_024, 5_120, 6_143])
def test_a_file_of_any_bytes_and_size_comes_through(kilobytes: int) -> None:
    for seed in range(50):
        content = np.random.default_rng(seed).bytes(kilobytes * 1_024)
        body = part("parameters", b"{}") + part("verifyImage", content, "a.jpg") + END
        assert read_form(form(body)).files == {"verifyimage": content}
