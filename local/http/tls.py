"""TLS for the one-machine host: the operator's certificate, or a self-signed one made here."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local.private_file import write_private
from shared.domain.errors import ConfigurationError
from shared.settings.one_machine import OneMachineSettings

_LIFE = timedelta(days=397)
"""Longest lifetime of a certificate that browsers accept."""
_RENEW_BEFORE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """A certificate (with its chain) and its private key, both PEM."""

    certificate: Path
    key: Path

    def trusting_context(self) -> ssl.SSLContext:
        """For the host's calls to itself: trusts exactly this certificate, for any name."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(self.certificate)
        return context


def choose_tls(settings: OneMachineSettings, data: Path) -> TlsFiles | None:
    """The operator's own certificate, one that the host makes, or plain http (None).

    Raises:
        ConfigurationError: a file is not usable.
    """
    if settings.certificate is not None and settings.key is not None:
        files = TlsFiles(settings.certificate, settings.key)
    elif settings.tls:
        files = _own_files(data / "tls", settings.host)
    else:
        return None
    _check(files)
    return files


def _own_files(folder: Path, host: str) -> TlsFiles:
    files = TlsFiles(folder / "certificate.pem", folder / "key.pem")
    if not _is_good(files, host):
        folder.mkdir(parents=True, exist_ok=True)
        _make(files, host)
    return files


def _is_good(files: TlsFiles, host: str) -> bool:
    """Whether an earlier self-signed certificate is still valid, and for this host."""
    try:
        _check(files)
        certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ConfigurationError, OSError, ValueError, x509.ExtensionNotFound):
        return False
    fresh = datetime.now(UTC) + _RENEW_BEFORE < certificate.not_valid_after_utc
    return fresh and set(_names(host)) <= set(names)


def _make(files: TlsFiles, host: str) -> None:
    """Make a self-signed certificate; a client that trusts it trusts no other by that."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lineament on this machine")])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
        # Python 3.13 checks by RFC 5280, which requires these two.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_private(files.key, secret.decode())
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _names(host: str) -> list[x509.GeneralName]:
    """Every name of this machine that a client may use."""
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("::1")),
    ]
    for text in dict.fromkeys((host, socket.gethostname())):
        name = _name(text)
        if name is not None and name not in names:
            names.append(name)
    return names


def _name(text: str) -> x509.GeneralName | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return x509.DNSName(text) if text and text.isascii() else None
    return None if address.is_unspecified else x509.IPAddress(address)


def _check(files: TlsFiles) -> None:
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"{files.certificate} and {files.key} are not a certificate and its private key in PEM:"
            f" {error.strerror or type(error).__name__}."
        ) from error
