"""Whether the endpoint's port is open, and whether its TLS protects the key."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from urllib.parse import urlsplit

from lineament.diagnosis.check import Check, Verdict

_SECONDS = 5.0
_EXPIRES_SOON_DAYS = 14

_NO_AUTHORITY = (18, 19, 20, 21)
_EXPIRED, _NOT_YET = 10, 9
_OTHER_NAME, _OTHER_ADDRESS = 62, 64
"""Verification results of OpenSSL (openssl-verification-options, X509_V_ERR_…)."""


def check_port(endpoint: str) -> Check:
    """Connect to the endpoint's port."""
    host, port = _address(endpoint)
    try:
        socket.create_connection((host, port), timeout=_SECONDS).close()
    except socket.gaierror:
        return _problem("port", f"{host} is not a known name", "Check the endpoint's spelling.")
    except ConnectionRefusedError:
        remedy = "Start the service (`make run`), or give the port that it printed as `url:`."
        return _problem("port", f"nothing listens on {host}:{port}", remedy)
    except TimeoutError:
        remedy = "Does a firewall block the port? `HOST=0.0.0.0` lets other machines connect."
        return _problem("port", f"{host}:{port} does not answer", remedy)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        return _problem("port", f"{host}:{port}: {reason}", "Is this machine in that network?")
    return Check("port", Verdict.FINE, f"{host}:{port} is open")


def check_tls(endpoint: str, trusted: ssl.SSLContext) -> Check:
    """Check the certificate, or that a key without TLS stays on this machine.

    Args:
        trusted: the authorities that the commands trust.
    """
    if urlsplit(endpoint).scheme == "http":
        return _check_plain(endpoint)
    try:
        certificate = _certificate(endpoint, trusted)
    except ssl.SSLCertVerificationError as error:
        return _problem("tls", f"certificate: {error.verify_message}", _remedy(error.verify_code))
    except ssl.SSLError:
        remedy = "Write http:// in the endpoint, or start the service with TLS=1."
        return _problem("tls", "the port does not speak TLS", remedy)
    except OSError as error:
        return _problem("tls", "the handshake ended", error.strerror or "Try again.")
    days = int((ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()) / 86_400)
    found = f"the certificate is valid for {days} days"
    if days < _EXPIRES_SOON_DAYS:
        remedy = "Renew it; `make run` renews a certificate of its own when it starts."
        return Check("tls", Verdict.WARNING, found, remedy)
    return Check("tls", Verdict.FINE, found)


def _check_plain(endpoint: str) -> Check:
    host, _ = _address(endpoint)
    if _is_this_machine(host):
        return Check("tls", Verdict.FINE, "none, and none is needed on this machine")
    remedy = "Use `TLS=1 make run`, or a proxy with a certificate: docs/one-machine.md."
    return Check("tls", Verdict.WARNING, "none: the key crosses the network in the clear", remedy)


def _certificate(endpoint: str, trusted: ssl.SSLContext) -> dict[str, object]:
    host, port = _address(endpoint)
    with (
        socket.create_connection((host, port), timeout=_SECONDS) as connection,
        trusted.wrap_socket(connection, server_hostname=host) as secured,
    ):
        return dict(secured.getpeercert() or {})


def _remedy(code: int) -> str:
    if code in _NO_AUTHORITY:
        return (
            "Name it by --ca-certificate or LINEAMENT_CA_CERTIFICATE; `make run` keeps its own in"
            " .local/tls/certificate.pem."
        )
    if code == _EXPIRED:
        return "Renew it; `make run` renews a certificate of its own when it starts."
    if code == _NOT_YET:
        return "Set the clock of this machine or of the one that made it."
    if code in (_OTHER_NAME, _OTHER_ADDRESS):
        return (
            "Use a name that the certificate has; HOST=… puts an address into that of `make run`."
        )
    return "See docs/one-machine.md for certificates."


def _address(endpoint: str) -> tuple[str, int]:
    parts = urlsplit(endpoint)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _problem(name: str, found: str, remedy: str) -> Check:
    return Check(name, Verdict.PROBLEM, found, remedy)
