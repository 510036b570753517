"""Fetching image URLs: what is fetched, what is refused, and what is cut short."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

import pytest

from shared.faces.errors import InvalidImageSize, InvalidImageUrl
from shared.storage.image_urls import ImageUrlFetcher, SystemResolver
from shared.storage.public_addresses import is_public
from tests.unit.storage.image_servers import (
    Answer,
    body,
    dripping_body,
    dripping_header,
    endless,
    redirect,
    self_signed,
    serving,
    silent_server,
)

REFUSED = "Invalid image URL."
FAILED = "Invalid image URL or error downloading from target server. "
PUBLIC = "93.184.215.14"


class Names:
    """A resolver that knows a few names; it reads numeric hosts as the system does."""

    def __init__(self, known: Mapping[str, Sequence[str]]) -> None:
        self._known = known
        self.asked: list[str] = []
        self.answered: list[str] = []

    def addresses(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host in self._known:
            return self._known[host]
        found = SystemResolver().addresses(host, port)
        self.answered += found
        return found


@pytest.fixture
def fetcher() -> ImageUrlFetcher:
    """One that may reach the servers of these tests, which are on loopback."""
    return ImageUrlFetcher(allow_private=True, maximum_bytes=100_000, deadline_seconds=20)


@pytest.fixture
def guarded() -> ImageUrlFetcher:
    """One with the default rules."""
    return ImageUrlFetcher(allow_private=False, deadline_seconds=20)


def refusal(fetcher: ImageUrlFetcher, url: str) -> str:
    with pytest.raises(InvalidImageUrl) as caught:
        fetcher.fetch(url)
    assert caught.value.error_code == "InvalidURL"
    return caught.value.message


def test_the_bytes_behind_a_url_are_fetched(fetcher: ImageUrlFetcher) -> None:
    content = bytes(range(256)) * 300

    with serving({"/a%20face.jpg?sig=a%2Fb%3D&x=1": body(content)}) as server:
        fetched = fetcher.fetch(
            f"http://127.0.0.1:{server.server_port}/a%20face.jpg?sig=a%2Fb%3D&x=1#part"
        )

    assert fetched == content
    _, headers = server.requests[0]
    assert headers["host"] == f"127.0.0.1:{server.server_port}"
    assert headers["accept-encoding"] == "identity"
    assert "authorization" not in headers


def test_letters_beyond_ascii_are_escaped_on_the_way(fetcher: ImageUrlFetcher) -> None:
    with serving({"/Zo%C3%AB.jpg?q=%C3%BC": body(b"image")}) as server:
        assert fetcher.fetch(f"http://127.0.0.1:{server.server_port}/Zoë.jpg?q=ü") == b"image"


def test_the_server_is_asked_for_by_its_own_name() -> None:
    fetcher = ImageUrlFetcher(
        allow_private=True, resolver=Names({"xn--bcher-kva.test": ["127.0.0.1"]})
    )

    with serving({"/": body(b"image")}) as server:
        assert fetcher.fetch(f"HTTP://Bücher.test:{server.server_port}") == b"image"

    assert server.requests[0][1]["host"] == f"xn--bcher-kva.test:{server.server_port}"


def test_an_address_that_does_not_answer_gives_way_to_the_next() -> None:
    names = Names({"images.test": ["127.0.0.2", "127.0.0.1"]})
    fetcher = ImageUrlFetcher(allow_private=True, resolver=names)

    with serving({"/": body(b"image")}) as server:
        assert fetcher.fetch(f"http://images.test:{server.server_port}/") == b"image"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/etc/passwd",
        "face.jpg",
        "file:///etc/passwd",
        "ftp://example.com/face.jpg",
        "gopher://example.com/",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "http:",
        "http://",
        "http:///face.jpg",
        "http://:80/face.jpg",
        "http://user@example.com/face.jpg",
        "http://user:password@example.com/face.jpg",
        "http://@example.com/face.jpg",
        "http://example.com\\@127.0.0.1/face.jpg",
        "http://example.com:0/face.jpg",
        "http://example.com:65536/face.jpg",
        "http://example.com:port/face.jpg",
        "http://[::1/face.jpg",
        "http://[fe80::1%25eth0]/face.jpg",
        "http://exa mple.com/face.jpg",
        "http://example.com/fa\nce.jpg",
        "http://example.com/face.jpg\r\nX-Injected: 1",
        "http://example.com/\x00",
        "http://127.0.0.1%2f.example.com/",
        "http://" + "a" * 64 + ".com/",
        "http://a..b/",
        "http://example.com/" + "a" * 4_096,
    ],
)
def test_a_malformed_url_is_refused_before_anything_is_looked_up(url: str) -> None:
    names = Names({"example.com": [PUBLIC]})

    assert refusal(ImageUrlFetcher(allow_private=True, resolver=names), url) == REFUSED
    assert names.asked == []


PRIVATE_HOSTS = [
    "localhost",
    "LOCALHOST",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "127.8.9.10",
    "0",
    "0.0.0.0",  # noqa: S104 - a host that is refused
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "2852039166",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:168.63.129.16]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2002:5db8:d70e::]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[100::1]",
    "[5f00::1]",
]


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_that_is_not_public_is_refused(scheme: str, host: str) -> None:
    names = Names({})

    message = refusal(
        ImageUrlFetcher(allow_private=False, resolver=names), f"{scheme}://{host}/latest/meta-data"
    )

    assert message == REFUSED
    assert names.answered, "it was refused for its address, not because it has none"


def test_a_private_server_gets_no_request(guarded: ImageUrlFetcher) -> None:
    with serving({"/": body(b"secret")}) as server:
        for host in ("127.0.0.1", "localhost", "0x7f.1", "[::ffff:127.0.0.1]"):
            assert refusal(guarded, f"http://{host}:{server.server_port}/") == REFUSED

    assert server.requests == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        [PUBLIC, "127.0.0.1"],
        ["127.0.0.1", PUBLIC],
        ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::1"],
        [PUBLIC, "::ffff:10.0.0.1"],
        ["not an address"],
        [],
    ],
)
def test_a_name_is_refused_when_any_of_its_addresses_is_not_public(
    addresses: Sequence[str],
) -> None:
    with serving({"/": body(b"secret")}) as server:
        fetcher = ImageUrlFetcher(allow_private=False, resolver=Names({"images.test": addresses}))
        assert refusal(fetcher, f"http://images.test:{server.server_port}/") == REFUSED

    assert server.requests == []


def test_a_name_that_does_not_exist_reads_like_one_that_is_refused() -> None:
    class NoSuchName:
        def addresses(self, host: str, port: int) -> Sequence[str]:
            raise OSError("no such host")

    fetcher = ImageUrlFetcher(allow_private=False, resolver=NoSuchName())

    assert refusal(fetcher, "http://intranet/") == REFUSED


def test_a_name_that_changes_its_address_does_not_get_past_the_check() -> None:
    class Rebinding:
        """Private at the first look, our server at every later one."""

        def __init__(self) -> None:
            self.answers = [["127.0.0.2"], ["127.0.0.1"]]

        def addresses(self, host: str, port: int) -> Sequence[str]:
            return self.answers.pop(0)

    resolver = Rebinding()
    fetcher = ImageUrlFetcher(allow_private=True, resolver=resolver)

    with serving({"/": body(b"secret")}) as server:
        message = refusal(fetcher, f"http://rebinding.test:{server.server_port}/")

    assert message == FAILED + "The target server could not be reached."
    assert server.requests == []
    assert resolver.answers == [["127.0.0.1"]], "it was looked up once"


@pytest.fixture
def one_public_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """127.0.0.1, where alone a test can have a server, counts as public; all else as it is."""
    monkeypatch.setattr(
        "shared.storage.image_urls.is_public",
        lambda address: address == "127.0.0.1" or is_public(address),
    )


@pytest.mark.usefixtures("one_public_loopback")
@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2/",
        "//127.0.0.2/",
        "http://2130706434/",
        "https://[::1]/",
        "http://[::ffff:127.0.0.2]/",
        "http://169.254.169.254/latest/meta-data",
        "http://168.63.129.16/machine",
        "http://intranet.test/",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_public_server_cannot_redirect_to_a_private_one(location: str, status: int) -> None:
    names = Names({"images.test": ["127.0.0.1"], "intranet.test": ["10.0.0.7"]})
    fetcher = ImageUrlFetcher(allow_private=False, resolver=names)
    answers = {"/": redirect(location, status), "/image": body(b"image")}

    with serving(answers) as server:
        base = f"http://images.test:{server.server_port}"
        assert fetcher.fetch(f"{base}/image") == b"image", "the first hop itself is let through"
        assert refusal(fetcher, f"{base}/") == REFUSED


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(fetcher: ImageUrlFetcher, status: int) -> None:
    answers: dict[str, Answer] = {
        "/here": redirect("there?x=1", status),
        "/there?x=1": body(b"image"),
    }

    with serving(answers) as server:
        assert fetcher.fetch(f"http://127.0.0.1:{server.server_port}/here") == b"image"


def test_three_redirects_are_followed_and_a_fourth_is_not(fetcher: ImageUrlFetcher) -> None:
    answers: dict[str, Answer] = {f"/{n}": redirect(f"/{n + 1}") for n in range(4)}
    answers["/4"] = body(b"image")

    with serving(answers) as server:
        base = f"http://127.0.0.1:{server.server_port}"
        assert fetcher.fetch(f"{base}/1") == b"image"
        assert refusal(fetcher, f"{base}/0") == FAILED + "There are too many redirects."

    assert [path for path, _ in server.requests] == ["/1", "/2", "/3", "/4", "/0", "/1", "/2", "/3"]


def test_a_redirect_loop_ends(fetcher: ImageUrlFetcher) -> None:
    with serving({"/": redirect("/")}) as server:
        message = refusal(fetcher, f"http://127.0.0.1:{server.server_port}/")

    assert message == FAILED + "There are too many redirects."
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "http://user:password@127.0.0.1/",
        "http://[::1",
        "//127.0.0.1\\@example.com/",
        "http://127.0.0.1:99999/",
    ],
)
def test_a_redirect_to_a_malformed_url_is_refused(fetcher: ImageUrlFetcher, location: str) -> None:
    with serving({"/": redirect(location)}) as server:
        assert refusal(fetcher, f"http://127.0.0.1:{server.server_port}/") == REFUSED


def test_a_redirect_without_a_place_to_go_is_an_error(fetcher: ImageUrlFetcher) -> None:
    with serving({"/": body(b"", status=302)}) as server:
        message = refusal(fetcher, f"http://127.0.0.1:{server.server_port}/")

    assert message == FAILED + 'Remote server error returned: "302 Found"'


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "404 Not Found"),
        (403, "403 Forbidden"),
        (500, "500 Internal Server Error"),
        (304, "304 Not Modified"),
        (599, "599"),
    ],
)
def test_an_answer_that_is_no_success_is_told_to_the_caller(
    fetcher: ImageUrlFetcher, status: int, words: str
) -> None:
    with serving({"/": body(b"", status=status)}) as server:
        message = refusal(fetcher, f"http://127.0.0.1:{server.server_port}/")

    assert message == FAILED + f'Remote server error returned: "{words}"'


def test_the_servers_own_words_are_not_repeated(fetcher: ImageUrlFetcher) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(404, "<script>internal</script>")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with serving({"/": answer}) as server:
        message = refusal(fetcher, f"http://127.0.0.1:{server.server_port}/")

    assert message.endswith('"404 Not Found"')


def test_a_server_that_is_not_there_cannot_be_reached(fetcher: ImageUrlFetcher) -> None:
    with serving({}) as server:
        port = server.server_port

    message = refusal(fetcher, f"http://127.0.0.1:{port}/")

    assert message == FAILED + "The target server could not be reached."


def test_an_answer_that_is_no_http_is_unreachable(fetcher: ImageUrlFetcher) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    with serving({"/": answer}) as server:
        message = refusal(fetcher, f"http://127.0.0.1:{server.server_port}/")

    assert message == FAILED + "The target server could not be reached."


def test_a_body_that_breaks_off_is_not_taken_for_an_image(fetcher: ImageUrlFetcher) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"half")

    with serving({"/": answer}) as server:
        message = refusal(fetcher, f"http://127.0.0.1:{server.server_port}/")

    assert message == FAILED + "The target server could not be reached."


def test_a_body_as_long_as_allowed_is_fetched(fetcher: ImageUrlFetcher) -> None:
    with serving({"/": body(bytes(100_000))}) as server:
        assert len(fetcher.fetch(f"http://127.0.0.1:{server.server_port}/")) == 100_000


def announced_only(handler: BaseHTTPRequestHandler) -> None:
    """A length that is too great, and no body at all: whoever waits for it waits for ever."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100001")
    handler.end_headers()
    time.sleep(2)


def chunked_without_end(handler: BaseHTTPRequestHandler) -> None:
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    with suppress(OSError):
        while True:
            handler.wfile.write(b"400\r\n" + bytes(1_024) + b"\r\n")


@pytest.mark.parametrize(
    "answer", [body(bytes(100_001)), endless, announced_only, chunked_without_end]
)
def test_a_longer_body_is_refused_with_or_without_a_length(
    fetcher: ImageUrlFetcher, answer: Answer
) -> None:
    with serving({"/": answer}) as server, pytest.raises(InvalidImageSize) as caught:
        fetcher.fetch(f"http://127.0.0.1:{server.server_port}/")

    assert caught.value.message == "Image size is too big."


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip"])
def test_a_compressed_body_is_refused_unread(fetcher: ImageUrlFetcher, encoding: str) -> None:
    with serving({"/": body(b"bomb", Content_Encoding=encoding)}) as server:
        message = refusal(fetcher, f"http://127.0.0.1:{server.server_port}/")

    assert message == FAILED + "The target server compressed its answer though asked not to."


@pytest.mark.parametrize("answer", [dripping_body, dripping_header])
def test_a_server_that_drips_does_not_hold_us_beyond_the_deadline(answer: Answer) -> None:
    fetcher = ImageUrlFetcher(allow_private=True, deadline_seconds=0.5)

    with serving({"/": answer}) as server:
        message = refusal(fetcher, f"http://127.0.0.1:{server.server_port}/")

    assert message == FAILED + "The target server did not answer in time."


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_says_nothing_does_not_hold_us_beyond_the_deadline(scheme: str) -> None:
    fetcher = ImageUrlFetcher(allow_private=True, deadline_seconds=0.5)

    with silent_server() as port:
        message = refusal(fetcher, f"{scheme}://127.0.0.1:{port}/")

    assert message == FAILED + "The target server did not answer in time."


def test_the_deadline_holds_for_all_redirects_together() -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.4)
        redirect("/next" + handler.path)(handler)

    fetcher = ImageUrlFetcher(allow_private=True, deadline_seconds=1)
    paths = ["/"]
    for _ in range(3):
        paths.append("/next" + paths[-1])

    with serving(dict.fromkeys(paths, slow)) as server:
        message = refusal(fetcher, f"http://127.0.0.1:{server.server_port}/")

    assert message == FAILED + "The target server did not answer in time."
    assert len(server.requests) <= 3


def test_a_look_up_that_hangs_does_not_hold_us_beyond_the_deadline() -> None:
    done = Event()

    class Hanging:
        def addresses(self, host: str, port: int) -> Sequence[str]:
            done.wait()
            return ["127.0.0.1"]

    fetcher = ImageUrlFetcher(allow_private=True, resolver=Hanging(), deadline_seconds=0.2)

    message = refusal(fetcher, "http://images.test/")
    done.set()

    assert message == FAILED + "The target server did not answer in time."


def test_https_with_a_certificate_of_its_own_making_is_refused(
    tmp_path: Path, fetcher: ImageUrlFetcher
) -> None:
    server_side, _ = self_signed(tmp_path, "localhost")

    with serving({"/": body(b"image")}, server_side) as server:
        message = refusal(fetcher, f"https://localhost:{server.server_port}/")

    assert message == FAILED + "The target server's certificate is not valid."
    assert server.requests == []


def test_https_is_verified_for_the_name_in_the_url_not_for_the_address(tmp_path: Path) -> None:
    server_side, certificate = self_signed(tmp_path, "images.test")
    fetcher = ImageUrlFetcher(
        allow_private=True,
        resolver=Names({"images.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]}),
        tls=ssl.create_default_context(cafile=str(certificate)),
    )

    with serving({"/": body(b"image")}, server_side) as server:
        assert fetcher.fetch(f"https://images.test:{server.server_port}/") == b"image"
        message = refusal(fetcher, f"https://other.test:{server.server_port}/")

    assert message == FAILED + "The target server's certificate is not valid."
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "address",
    [
        PUBLIC,
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.1",
        "168.63.129.15",
        "172.15.255.255",
        "172.32.0.1",
        "192.0.1.1",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "::ffff:1.1.1.1",
        "64:ff9b::1.1.1.1",
    ],
)
def test_the_public_internet_is_public(address: str) -> None:
    assert is_public(address)
