"""Image URLs: rejected addresses, and redirects."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from shared.network.image_urls import ImageUrlFetcher
from shared.network.public_addresses import is_public
from tests.unit.network.image_fetching import FAILED, PUBLIC, REFUSED, Names, refusal
from tests.unit.network.image_servers import (
    Answer,
    body,
    redirect,
    serving,
)

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
        """Private at the first look-up, the tests' server at every later one."""

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
    """127.0.0.1, the only address of test servers, counts as public; others are unchanged."""
    monkeypatch.setattr(
        "shared.network.image_urls.is_public",
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
