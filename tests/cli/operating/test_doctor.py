"""doctor: ports and TLS. What it finds at a running service: test_connection, test_uploads."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lineament.connection.client import Client
from lineament.connection.config import Connection
from lineament.diagnosis.check import Check, Verdict
from lineament.diagnosis.diagnosis import diagnose
from lineament.diagnosis.network import check_port, check_tls
from tests.end_to_end.service import refusing_port

DEFAULT = ssl.create_default_context()


def certificate(folder: Path, name: str, *, days: int) -> Path:
    """A self-signed certificate and its key, which ends so many days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    end = datetime.now(UTC) + timedelta(days=days, hours=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=400))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@contextmanager
def listening(file: Path | None) -> Iterator[int]:
    """A port of this machine that completes TLS handshakes; None: it answers in plain text."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if file is not None:
        context.load_cert_chain(file)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            try:
                connection, _ = server.accept()
                with connection:
                    if file is None:
                        connection.recv(4096)
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    else:
                        context.wrap_socket(connection, server_side=True).close()
            except OSError:
                # The client rejects the certificate.
                return

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def trusting(file: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(file))


def checked(file: Path | None, trusted: ssl.SSLContext) -> Check:
    with listening(file) as port:
        return check_tls(f"https://localhost:{port}", trusted)


def test_what_makes_the_service_unhealthy_is_said_by_its_own_reason() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/health":
            body = {"status": "unhealthy", "reason": "The disk of the data folder is full."}
            return httpx.Response(503, json=body)
        return httpx.Response(404, json={"error": {"code": "404", "message": "No."}})

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        connection = Connection(f"http://127.0.0.1:{server.getsockname()[1]}", "key")
        with Client(connection, transport=httpx.MockTransport(answer)) as client:
            (health,) = (check for check in diagnose(client) if check.name == "health")
    assert (health.verdict, health.found) == (
        Verdict.PROBLEM,
        "The disk of the data folder is full.",
    )


def test_an_open_port_is_fine() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        found = check_port(f"http://127.0.0.1:{server.getsockname()[1]}")
    assert found.verdict is Verdict.FINE


def test_a_port_without_a_listener_is_named() -> None:
    with refusing_port() as port:
        found = check_port(f"http://127.0.0.1:{port}")
    assert (found.verdict, found.found) == (
        Verdict.PROBLEM,
        f"nothing listens on 127.0.0.1:{port}",
    )
    assert "make run" in found.remedy


def test_a_name_that_is_not_known_is_named() -> None:
    found = check_port("https://nowhere.invalid")
    assert (found.verdict, found.found) == (
        Verdict.PROBLEM,
        "nowhere.invalid is not a known name",
    )


@pytest.mark.parametrize(
    ("endpoint", "verdict"),
    [
        ("http://127.0.0.1:7071", Verdict.FINE),
        ("http://localhost", Verdict.FINE),
        ("http://[::1]:7071", Verdict.FINE),
        ("http://192.0.2.1:7071", Verdict.WARNING),
        ("http://faces.example", Verdict.WARNING),
    ],
)
def test_a_key_without_tls_should_stay_on_this_machine(endpoint: str, verdict: Verdict) -> None:
    assert check_tls(endpoint, DEFAULT).verdict is verdict


def test_a_trusted_certificate_is_fine_and_warns_before_its_end(tmp_path: Path) -> None:
    file = certificate(tmp_path, "localhost", days=90)
    found = checked(file, trusting(file))
    assert (found.verdict, found.found) == (Verdict.FINE, "the certificate is valid for 90 days")
    file = certificate(tmp_path, "localhost", days=3)
    assert checked(file, trusting(file)).verdict is Verdict.WARNING


@pytest.mark.parametrize(
    ("name", "days", "trusts", "remedy"),
    [
        ("localhost", 90, False, "--ca-certificate"),
        ("localhost", -2, True, "Renew it"),
        ("other.example", 90, True, "Use a name that the certificate has"),
    ],
)
def test_a_certificate_that_is_not_valid_says_what_to_do(
    tmp_path: Path, name: str, days: int, trusts: bool, remedy: str
) -> None:
    file = certificate(tmp_path, name, days=days)
    found = checked(file, trusting(file) if trusts else DEFAULT)
    assert found.verdict is Verdict.PROBLEM
    assert remedy in found.remedy


def test_a_port_that_speaks_plain_http_is_named() -> None:
    found = checked(None, DEFAULT)
    assert (found.verdict, found.found) == (Verdict.PROBLEM, "the port does not speak TLS")
