"""Certificates made for one test: an authority, and what it signs."""

import ssl
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@cache
def key() -> ec.EllipticCurvePrivateKey:
    """One key for all of them: what is tested are names and dates."""
    return ec.generate_private_key(ec.SECP256R1())


def authority() -> x509.Certificate:
    """The certificate that a sender is told to trust."""
    builder = _builder("Authority of a test", expires_in=DAY)
    return builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(
        key(), hashes.SHA256()
    )


def authority_file(folder: Path) -> str:
    """The authority's certificate in a file, as `Sender(ca_file=...)` wants it."""
    path = folder / "authority.pem"
    path.write_bytes(_pem(authority()))
    return str(path)


def server_context(folder: Path, *, host: str, expires_in: timedelta = DAY) -> ssl.SSLContext:
    """What a receiver needs to speak TLS as `host`."""
    name = x509.SubjectAlternativeName([x509.DNSName(host)])
    certificate = _builder(host, expires_in=expires_in).add_extension(name, critical=False).sign(key(), hashes.SHA256())
    path = folder / "server.pem"
    secret = key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + _pem(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def _builder(subject: str, *, expires_in: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of a test")]))
        .public_key(key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 10 * DAY)
        .not_valid_after(now + expires_in)
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
