"""Servers' certificates, good and bad in every way that counts, and the contexts that show them."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.integrations.certificates import DAY, authority, key

Context = Callable[[Path], ssl.SSLContext]
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def shows(
    *names: str,
    common_name: str = "a test's server",
    issuer: str | None = None,
    begins_in: timedelta = -DAY,
    expires_in: timedelta = DAY,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    rsa_bits: int = 0,
    settle: Callable[[ssl.SSLContext], None] = lambda _: None,
) -> Context:
    """A server that shows a certificate for these names and addresses; `settle` does what else is to be done to it.

    The authority of the tests has signed it, or one that nobody knows; an empty `issuer` is the server itself.
    """

    def context(folder: Path) -> ssl.SSLContext:
        own = rsa.generate_private_key(65537, rsa_bits) if rsa_bits else key()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_issuer(subject, issuer))
            .public_key(own.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) + begins_in)
            .not_valid_after(datetime.now(UTC) + expires_in)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_named(one) for one in names]), critical=False)
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        settle(made)
        made.load_cert_chain(_kept(folder, builder.sign(key(), hashes.SHA256()), own))
        return made

    return context


def only(version: ssl.TLSVersion) -> Callable[[ssl.SSLContext], None]:
    """Have a server speak one version of TLS, however old."""

    def settle(context: ssl.SSLContext) -> None:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version

    return settle


def any_key(context: ssl.SSLContext) -> None:
    """Have a server that does not mind how weak its own key is."""
    context.set_ciphers("ALL:@SECLEVEL=0")


def wants_a_certificate(context: ssl.SSLContext) -> None:
    """Have a server ask for the caller's own certificate, which we don't have."""
    context.verify_mode = ssl.CERT_REQUIRED


def knows_no_common_cipher(context: ssl.SSLContext) -> None:
    """Have a server speak TLS 1.2 and only with ciphers that hide nothing."""
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("eNULL:@SECLEVEL=0")


def prefers_h2(context: ssl.SSLContext) -> None:
    """Have a server that would rather speak HTTP/2."""
    context.set_alpn_protocols(["h2", "http/1.1"])


def _issuer(subject: x509.Name, issuer: str | None) -> x509.Name:
    if issuer is None:
        return authority().subject
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]) if issuer else subject


def _named(name: str) -> x509.GeneralName:
    return x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)


def _kept(folder: Path, certificate: x509.Certificate, own: PrivateKey) -> Path:
    path = folder / f"{certificate.serial_number}.pem"
    secret = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return path
