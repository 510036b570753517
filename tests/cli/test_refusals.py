"""What a hostile or unlucky use ends with: one line that names the cause, and nothing half done."""

from __future__ import annotations

import contextlib
import errno
import json
import socket
import threading
import uuid
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import CommandLine
from tests.end_to_end.service import RunningService
from tests.images import portrait


@pytest.fixture
def group(lineament: CommandLine, people: Path) -> str:
    """A trained group with Ada and Bob."""
    name = uuid.uuid4().hex
    (people / "Bob" / "broken.jpg").unlink()
    assert lineament("enroll", people, "--group", name, "--train").code == 0
    return name


@pytest.mark.parametrize("command", ["detect", "recognize", "identify"])
def test_an_image_that_is_refused_is_named_and_the_others_are_shown(
    lineament: CommandLine, group: str, tmp_path: Path, command: str
) -> None:
    good, broken, missing = portrait("person_a_1"), tmp_path / "broken.jpg", tmp_path / "no.jpg"
    broken.write_bytes(b"no image " * 200)
    searched = () if command == "detect" else ("--group", group)
    result = lineament(command, missing, good, broken, *searched)
    assert result.code == 3
    assert str(good) in result.out
    assert result.err.splitlines() == [
        f"lineament: {missing} cannot be read: No such file or directory.",
        f"lineament: {broken}: Decoding error, image format unsupported.",
        "lineament: 2 of 3 images were refused.",
    ]
    as_json = lineament(command, missing, good, broken, *searched, "--json")
    unread, found, refused = json.loads(as_json.out)
    assert len(found["faces"]) == 1
    assert unread["error"]["code"] == "Unreadable"
    assert refused == {
        "image": str(broken),
        "error": {
            "code": "InvalidImage",
            "message": "Decoding error, image format unsupported.",
        },
    }
    alone = lineament(command, broken, *searched)
    assert (alone.code, alone.out) == (3, "")
    assert alone.err == f"lineament: {broken}: Decoding error, image format unsupported.\n"


def test_an_error_is_one_line_of_bounded_length_that_cannot_drive_the_terminal(
    lineament: CommandLine,
) -> None:
    result = lineament("detect", "\x1b[2J" + "x" * 2_000)
    (line,) = result.err.splitlines()
    assert line.startswith("lineament: \ufffd[2Jxxx")
    assert len(line) < 1_020


def test_a_wrong_option_is_said_once_whatever_the_number_of_images(
    lineament: CommandLine,
) -> None:
    images = [portrait("person_a_1"), portrait("person_a_2")]
    result = lineament("detect", *images, "--attributes", "height")
    assert result.code == 3
    assert result.err == "lineament: Invalid argument returnFaceAttributes.\n"


@pytest.mark.parametrize("key", ["schlüssel", "two\nlines", "a\tb"])
def test_a_key_that_no_header_can_hold_is_refused_in_one_line(
    alone: CommandLine, service: RunningService, key: str
) -> None:
    result = alone("groups", "list", "--endpoint", service.url, "--key", key)
    assert result.code == 3
    assert result.err == (
        "lineament: The key has characters that no key has. Copy it again, without line ends.\n"
    )
    assert alone("login", "--endpoint", service.url, "--key", key).code == 3


def test_a_key_is_taken_without_the_spaces_and_line_end_around_it(
    alone: CommandLine, service: RunningService
) -> None:
    command = ("groups", "list", "--endpoint", service.url)
    assert alone(*command, "--key", f" {service.key}\r\n").code == 0


def test_https_to_a_port_of_plain_http_is_named(
    alone: CommandLine, service: RunningService
) -> None:
    endpoint = service.url.replace("http://", "https://")
    result = alone("groups", "list", "--endpoint", endpoint, "--key", service.key)
    assert result.code == 4
    assert result.err == f"lineament: {endpoint} speaks no TLS. Use {service.url}, perhaps.\n"


def test_plain_http_to_a_port_of_tls_is_named(alone: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"

        def refuse() -> None:
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()

        thread = threading.Thread(target=refuse, daemon=True)
        thread.start()
        result = alone("groups", "list", "--endpoint", endpoint, "--key", "k")
        server.shutdown(socket.SHUT_RDWR)
    thread.join()
    assert result.code == 4
    assert result.err.startswith(f"lineament: {endpoint} closed the connection")
    assert result.err.endswith(f" {endpoint.replace('http://', 'https://')}.\n")


def test_a_file_that_cannot_be_written_is_named_before_anything_is_done(
    lineament: CommandLine, group: str, people: Path, tmp_path: Path
) -> None:
    nowhere = tmp_path / "nowhere"
    other, move = uuid.uuid4().hex, ("migrate", "compreface", "--folder", people)
    for command in (
        ("enroll", people, "--group", other, "--refused", nowhere / "r.csv"),
        (*move, "--group", other, "--yes", "--refused", nowhere / "r.csv"),
        ("export", group, nowhere / "staff.ndjson"),
        ("cohort", people, nowhere / "cohort.json"),
        ("upload", people, "--results", people / "Ada" / "person_a_1.jpg" / "out"),
    ):
        result = lineament(*command)
        assert result.code in (2, 3), command
        assert "Traceback" not in result.err
        assert result.err.splitlines()[-1].endswith((" directory.", " directory"))
    assert lineament("groups", "show", other).code == 1
    assert not nowhere.exists()


def test_persons_are_enrolled_into_groups_only(lineament: CommandLine, people: Path) -> None:
    for kind in ("facelists", "largefacelists", "dynamicpersongroups"):
        group = f"{kind}/{uuid.uuid4().hex}"
        result = lineament("enroll", people, "--group", group)
        assert result.code == 3
        assert result.err == (
            f"lineament: {group} has no persons to enrol. Use persongroups/… or"
            " largepersongroups/….\n"
        )
        assert lineament("groups", "show", group).code == 1


@pytest.mark.parametrize(
    "command", [("enroll", ".", "--group", ""), ("groups", "delete", "", "--yes")]
)
def test_an_empty_id_names_no_group(
    lineament: CommandLine, people: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(people)
    result = lineament(*command)
    assert result.code == 3
    assert result.err.startswith("lineament: '' must be an id, or one of largepersongroups")


@pytest.mark.parametrize(
    "command",
    [
        ("deletions", "show", "", "--group", "persongroups/g"),
        ("unknowns", "forget", "", "--yes"),
        ("poison", "replay", ""),
    ],
)
def test_an_empty_id_is_said_to_be_empty(lineament: CommandLine, command: tuple[str, ...]) -> None:
    result = lineament(*command)
    assert result.code == 3
    assert result.err == "lineament: An id or a name that was given is empty.\n"


def test_an_import_under_an_id_alone_keeps_the_kind(
    lineament: CommandLine, group: str, tmp_path: Path
) -> None:
    file, other = tmp_path / "staff.ndjson", uuid.uuid4().hex
    assert lineament("export", group, file, "--embeddings").code == 0
    assert lineament.json("import", file, "--group", other)["collection"] == (
        f"largepersongroups/{other}"
    )
    assert lineament.json("groups", "show", other)["faces"] == 3


@pytest.mark.parametrize("kind", ["facelists", "largefacelists", "dynamicpersongroups"])
def test_an_import_into_the_wrong_kind_makes_no_collection(
    lineament: CommandLine, group: str, tmp_path: Path, kind: str
) -> None:
    file, other = tmp_path / "staff.ndjson", f"{kind}/{uuid.uuid4().hex}"
    assert lineament("export", group, file, "--embeddings").code == 0
    result = lineament("import", file, "--group", other)
    assert result.code == 3
    assert f"Line 2 of {file}: " in result.err
    assert lineament("groups", "show", other).code == 1


def test_numbers_agree_with_their_nouns(lineament: CommandLine, people: Path) -> None:
    result = lineament("enroll", people, "--group", uuid.uuid4().hex)
    assert result.out.endswith(": 3 faces added, 0 present already, 1 refused\n")
    assert result.err == "lineament: 1 image was refused; refused.csv says why.\n"


def test_false_accepts_are_shown_as_one_in_so_many(lineament: CommandLine) -> None:
    shown = lineament("compare", portrait("person_a_1"), portrait("person_a_2")).out
    assert shown.splitlines()[-1].endswith("1 in 100,000")


def test_an_empty_service_says_how_to_begin(
    lineament: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lineament.commands.people.collections.list_collections", lambda *_: [])
    result = lineament("groups", "list")
    assert result.code == 0
    assert result.err == "lineament: There is no group yet. `lineament enroll` makes one.\n"


def test_a_wrong_key_of_the_service_to_move_from_is_named_as_its(
    lineament: CommandLine, service: RunningService
) -> None:
    command = ("migrate", "azure", "--from-endpoint", service.url, "--from-key", "wrong")
    result = lineament(*command, "--dry-run")
    assert result.code == 3
    assert result.err == f"lineament: {service.url} rejects the key. Give a valid --from-key.\n"


def test_a_fault_of_the_disk_ends_in_one_line(
    lineament: CommandLine, group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "staff.ndjson.state")

    monkeypatch.setattr("lineament.commands.moving.archive._remember", full)
    result = lineament("export", group, tmp_path / "staff.ndjson")
    assert result.code == 3
    assert result.err == "lineament: staff.ndjson.state: No space left on device.\n"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("train", "facelists/x"), "largepersongroups/… or persongroups/… or largefacelists/…"),
        (("persons", "list", "--group", "facelists/x"), "largepersongroups/… or persongroups/…"),
        (("identify", str(portrait("person_a_1")), "--group", "largefacelists/x"), "dynamic"),
        (("groups", "gate", "dynamicpersongroups/x"), "largefacelists/… or facelists/…"),
        (("persons", "list", "--group", "persondirectory"), "persongroups/…"),
    ],
)
def test_a_collection_of_the_wrong_kind_is_named_with_what_is_right(
    lineament: CommandLine, command: tuple[str, ...], expected: str
) -> None:
    result = lineament(*command)
    assert result.code == 3
    assert result.err.startswith("lineament: This is not for ")
    assert expected in result.err


def test_doctor_blames_a_wrong_key_only(lineament: CommandLine, service: RunningService) -> None:
    result = lineament("doctor", "--endpoint", service.url, "--key", "wrong")
    assert result.code == 3
    assert result.err == "lineament: To be fixed: key.\n"
    assert "storage" not in result.out


def test_an_enrolment_waits_while_the_service_is_busy(
    lineament: CommandLine,
    people: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (people / "Bob" / "broken.jpg").unlink()
    send, refusals = httpx.HTTPTransport.handle_request, [8]

    def busy(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and "persistedfaces" in request.url.path and refusals[0]:
            refusals[0] -= 1
            return httpx.Response(503, headers={"Retry-After": "0"}, request=request)
        return send(transport, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", busy)
    command = ("enroll", people, "--group", uuid.uuid4().hex, "--parallel", 1)
    assert lineament.json(*command)["added"] == 3


@pytest.mark.parametrize("broken_first", [True, False])
def test_compare_names_the_image_that_is_refused(
    lineament: CommandLine, tmp_path: Path, broken_first: bool
) -> None:
    good, broken = portrait("person_a_1"), tmp_path / "broken.jpg"
    broken.write_bytes(b"no image " * 200)
    images = [broken, good] if broken_first else [good, good, broken]
    result = lineament("compare", *images)
    assert result.code == 3
    assert result.err == f"lineament: {broken}: Decoding error, image format unsupported.\n"
