"""Caller keys: several, read again, cached while their source is unavailable; and Key Vault."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shared.api.access.keys import (
    STALE_KEYS_REPORT,
    Authenticator,
    FileKeys,
    RereadKeys,
)
from shared.api.http import Request
from shared.domain.errors import InvalidSettings, InvalidToken, Unauthorized, Unavailable
from shared.network.key_vault import VaultKeys
from tests.doubles.clocks import ManualClock
from tests.end_to_end.service import eventually
from tests.unit.api.access.loopback import serving


@dataclass
class FakeSource:
    """A KeySource that can be unavailable."""

    held: tuple[str, ...] = ("one",)
    away: bool = False
    reads: int = 0

    def keys(self) -> tuple[str, ...]:
        """The keys, or an error while the source is unavailable."""
        self.reads += 1
        if self.away:
            raise Unavailable("away")
        return self.held


@dataclass
class FakeTokens:
    """A TokenVerifier that accepts one token."""

    seen: list[str] = field(default_factory=list)

    def caller(self, token: str) -> str:
        """The owner of the token."""
        self.seen.append(token)
        if token != "good":
            raise InvalidToken("is malformed")
        return "owner"


def request(**headers: str) -> Request:
    """A request with these headers; underscores become hyphens."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Request("GET", "http://host/", named, {}, {}, b"")


def with_key(key: str) -> Request:
    """A request with a key."""
    return request(ocp_apim_subscription_key=key)


def test_two_keys_are_valid_at_once_and_are_two_callers() -> None:
    authenticator = Authenticator(FakeSource(("one", "two")))
    one, two = (authenticator.check(with_key(key)) for key in ("one", "two"))
    assert one != two
    assert "one" not in one.removeprefix("key:"), "a caller's name must not reveal the key"
    with pytest.raises(Unauthorized):
        authenticator.check(with_key("three"))


@pytest.mark.parametrize("name", ["subscription-key", "Subscription-Key"])
def test_a_key_in_the_query_is_taken_in_any_case_of_its_name(name: str) -> None:
    authenticator = Authenticator(FakeSource(("one",)))
    asked = Request("GET", "http://host/", {}, {name: "one"}, {}, b"")
    assert authenticator.check(asked) == authenticator.check(with_key("one"))


@pytest.mark.parametrize("key", ["", " ", "on", "onee", "One", "\N{BELL}"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(Unauthorized):
        Authenticator(FakeSource(("one",))).check(with_key(key))


def test_no_caller_is_admitted_without_keys() -> None:
    for key in ("", "one"):
        with pytest.raises(Unauthorized):
            Authenticator(FakeSource(())).check(with_key(key))


def test_keys_rotate_within_thirty_seconds() -> None:
    clock, source = ManualClock(), FakeSource(("old",))
    authenticator = Authenticator(RereadKeys(source, clock))
    authenticator.check(with_key("old"))
    source.held = ("new",)
    clock.advance(29)
    authenticator.check(with_key("old"))
    assert source.reads == 1
    clock.advance(1)
    authenticator.check(with_key("new"))
    with pytest.raises(Unauthorized):
        authenticator.check(with_key("old"))


def test_a_clock_that_was_set_back_does_not_keep_old_keys() -> None:
    clock, source = ManualClock(), FakeSource(("old",))
    keys = RereadKeys(source, clock)
    keys.keys()
    source.held = ("new",)
    clock.advance(-3600)
    assert keys.keys() == ("new",)


def test_the_last_keys_stay_valid_while_their_source_is_away() -> None:
    clock, source = ManualClock(), FakeSource()
    keys = RereadKeys(source, clock)
    assert keys.keys() == ("one",)
    source.away = True
    for _ in range(3):
        clock.advance(31)
        assert keys.keys() == ("one",)
        assert keys.keys() == ("one",)
    assert source.reads == 4, "an unavailable source is read every 30 seconds at most"
    source.away, source.held = False, ("two",)
    clock.advance(31)
    assert keys.keys() == ("two",)


def test_no_caller_is_admitted_before_the_keys_were_read() -> None:
    clock, source = ManualClock(), FakeSource(away=True)
    authenticator = Authenticator(RereadKeys(source, clock))
    for key in ("", "one"):
        with pytest.raises(Unavailable):
            authenticator.check(with_key(key))
    assert source.reads == 1, "a flood of requests reads the source once"
    source.away = False
    clock.advance(2)
    authenticator.check(with_key("one"))


class SlowSource(FakeSource):
    """A source whose readings end only when they are released."""

    def __init__(self) -> None:
        super().__init__(("one",))
        self.slow = False
        self.release = threading.Event()

    def keys(self) -> tuple[str, ...]:
        if self.slow:
            assert self.release.wait(30)
        return super().keys()


def test_requests_are_checked_against_the_last_keys_while_their_source_is_slow() -> None:
    clock, source = ManualClock(), SlowSource()
    keys = RereadKeys(source, clock)
    assert keys.keys() == ("one",)
    source.slow, source.held = True, ("two",)
    clock.advance(31)
    for _ in range(200):
        assert keys.keys() == ("one",)
    source.release.set()
    eventually(lambda: keys.keys() == ("two",) or None)
    assert source.reads == 2, "one reading at a time"


def test_first_requests_wait_for_one_reading() -> None:
    source = SlowSource()
    source.slow = True
    keys = RereadKeys(source, ManualClock())
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(keys.keys) for _ in range(8)]
        source.release.set()
        assert {one.result(30) for one in waiting} == {("one",)}
    assert source.reads == 1


def test_keys_that_were_not_read_for_ten_minutes_are_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, source = ManualClock(), FakeSource()
    keys = RereadKeys(source, clock)
    keys.keys()
    source.away = True
    for _ in range(19):
        clock.advance(31)
        keys.keys()
    assert STALE_KEYS_REPORT not in caplog.text
    clock.advance(31)
    assert keys.keys() == ("one",)
    eventually(lambda: STALE_KEYS_REPORT in caplog.text or None)


def test_a_settings_file_that_is_invalid_for_a_moment_changes_no_keys(tmp_path: Path) -> None:
    file, clock = tmp_path / "local.settings.json", ManualClock()
    keys = RereadKeys(FileKeys(file), clock)
    with pytest.raises(InvalidSettings):
        keys.keys()
    clock.advance(2)
    file.write_text(json.dumps({"Values": {"FACE_KEYS": "one, two"}}))
    assert keys.keys() == ("one", "two")
    file.write_text("{")
    clock.advance(31)
    assert keys.keys() == ("one", "two")


@pytest.mark.parametrize("held", [None, 123, ["one"]])
def test_keys_of_a_settings_file_that_are_no_text_are_invalid(tmp_path: Path, held: object) -> None:
    file = tmp_path / "local.settings.json"
    file.write_text(json.dumps({"Values": {"FACE_KEYS": held}}))
    with pytest.raises(InvalidSettings, match="FACE_KEYS under Values"):
        FileKeys(file).keys()


def test_a_token_is_checked_only_without_a_key() -> None:
    tokens = FakeTokens()
    authenticator = Authenticator(FakeSource(("one",)), tokens)
    assert authenticator.check(request(authorization="Bearer good")) == "token:owner"
    assert authenticator.check(request(authorization="bearer good")) == "token:owner"
    with pytest.raises(InvalidToken):
        authenticator.check(request(authorization="Bearer bad"))
    looked_at = len(tokens.seen)
    with pytest.raises(Unauthorized):
        authenticator.check(request(authorization="Bearer good", ocp_apim_subscription_key="no"))
    with pytest.raises(Unauthorized):
        authenticator.check(request(authorization="Basic good"))
    assert len(tokens.seen) == looked_at


def test_tokens_open_nothing_where_the_operator_wants_keys_only() -> None:
    with pytest.raises(Unauthorized) as caught:
        Authenticator(FakeSource()).check(request(authorization="Bearer good"))
    assert not isinstance(caught.value, InvalidToken)


def test_key_vault_s_secret_holds_the_keys() -> None:
    # The response of GET {vault}/secrets/{name}, from Key Vault's REST reference.
    answer = {
        "value": "one, two,",
        "id": "https://name.vault.azure.net/secrets/face-keys/4387e9f3d6e14c459867679a90fd0f79",
        "attributes": {"enabled": True, "created": 1493938410, "updated": 1493938410},
    }
    with serving(answer) as vault:
        keys = VaultKeys(vault.url, "face-keys", lambda: "access-token").keys()
    assert keys == ("one", "two")
    assert vault.asked == [("/secrets/face-keys?api-version=7.4", "Bearer access-token")]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 302])
def test_no_caller_is_admitted_if_key_vault_denies_access(status: int) -> None:
    with serving({"error": {"code": "Forbidden", "message": "no"}}) as vault:
        vault.status = status
        with pytest.raises(Unavailable, match=str(status)):
            VaultKeys(vault.url, "face-keys", lambda: "t").keys()


@pytest.mark.parametrize("answer", [b"", b"{", {}, [], {"value": 5}, b" " * 2_000_000])
def test_no_caller_is_admitted_after_an_invalid_response_of_key_vault(answer: object) -> None:
    with serving(answer) as vault, pytest.raises(Unavailable):
        VaultKeys(vault.url, "face-keys", lambda: "t").keys()


def test_a_key_vault_that_is_away_is_unavailable() -> None:
    with serving({}) as vault:
        address = vault.url
    with pytest.raises(Unavailable, match="cannot be reached"):
        VaultKeys(address, "face-keys", lambda: "t").keys()
