"""TLS on one machine: the certificate that is made, and the operator's own."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest

from local.http.tls import TlsFiles, choose_tls
from shared.domain.errors import ConfigurationError
from shared.settings.one_machine import OneMachineSettings, read_one_machine


def made(data: Path, host: str = "127.0.0.1") -> TlsFiles:
    """The certificate that a first start makes."""
    files = choose_tls(OneMachineSettings(host=host, tls=True), data)
    assert files is not None
    return files


def handshake(files: TlsFiles, client: ssl.SSLContext, name: str) -> None:
    """Shake hands once, over a pair of sockets."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files.certificate, files.key)
    here, there = socket.socketpair()

    def answer() -> None:
        try:
            with server.wrap_socket(there, server_side=True) as secured:
                secured.recv(1)
        except (ssl.SSLError, OSError):
            there.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        with client.wrap_socket(here, server_hostname=name) as secured:
            secured.send(b"x")
    finally:
        here.close()
        thread.join()


@pytest.mark.parametrize("switch", ["", "0", "false"])
def test_http_is_plain_by_default(tmp_path: Path, switch: str) -> None:
    assert choose_tls(read_one_machine({"TLS": switch}), tmp_path) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "192.0.2.7"])
def test_a_strict_client_that_trusts_the_certificate_accepts_it(tmp_path: Path, name: str) -> None:
    files = made(tmp_path, "192.0.2.7")
    client = ssl.create_default_context(cafile=str(files.certificate))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    handshake(files, client, name)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(files, client, "another.example")


def test_a_client_that_does_not_trust_it_refuses_it(tmp_path: Path) -> None:
    files = made(tmp_path / "ours")
    others = made(tmp_path / "others")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(files, ssl.create_default_context(), "localhost")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(files, others.trusting_context(), "localhost")
    handshake(files, files.trusting_context(), "whatever.example")


def test_only_the_owner_may_read_the_key(tmp_path: Path) -> None:
    assert stat.S_IMODE(made(tmp_path).key.stat().st_mode) == 0o600


def test_the_certificate_is_reused_and_remade_for_another_host(tmp_path: Path) -> None:
    first = made(tmp_path).certificate.read_bytes()
    assert made(tmp_path).certificate.read_bytes() == first
    assert made(tmp_path, "192.0.2.7").certificate.read_bytes() != first


@pytest.mark.parametrize("broken", ["certificate.pem", "key.pem"])
def test_a_broken_certificate_is_remade(tmp_path: Path, broken: str) -> None:
    before = made(tmp_path).certificate.read_bytes()
    (tmp_path / "tls" / broken).write_text("nonsense")
    files = made(tmp_path)
    assert files.certificate.read_bytes() not in (before, b"nonsense")
    handshake(files, files.trusting_context(), "localhost")


def test_a_key_of_another_certificate_is_rejected(tmp_path: Path) -> None:
    one, other = made(tmp_path / "one"), made(tmp_path / "other")
    settings = OneMachineSettings(certificate=one.certificate, key=other.key)
    with pytest.raises(ConfigurationError, match="private key"):
        choose_tls(settings, tmp_path)


def test_the_operator_s_own_certificate_is_used(tmp_path: Path) -> None:
    own = made(tmp_path / "own")
    settings = OneMachineSettings(certificate=own.certificate, key=own.key)
    assert choose_tls(settings, tmp_path / "data") == own
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "settings",
    [
        {"TLS": "maybe"},
        {"FACE_TLS_CERTIFICATE": "/x"},
        {"FACE_TLS_KEY": "/x"},
        {"FACE_TLS_CERTIFICATE": "/nowhere", "FACE_TLS_KEY": "/nowhere"},
    ],
)
def test_unusable_tls_settings_are_reported(tmp_path: Path, settings: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        choose_tls(read_one_machine(settings), tmp_path)
