"""An authority of a test, and the certificates that it vouches for: PEM files in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOCAL = ("127.0.0.1",)


def certify(root: Path, *names: str, addresses: Sequence[str] = LOCAL) -> None:
    """Writes `ca.pem`, and for each name `name.pem` and `name.key`, for these addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("authority", key, None, (key, addresses))
    (root / "ca.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    for name in names:
        own = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(name, own, authority, (key, addresses))
        (root / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        (root / f"{name}.key").write_bytes(
            own.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )  # fmt: skip


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Certificate | None,
    signer: tuple[ec.EllipticCurvePrivateKey, Sequence[str]],
) -> x509.Certificate:  # fmt: skip
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    local = x509.SubjectAlternativeName([x509.IPAddress(ip_address(one)) for one in signer[1]])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(local, critical=False)
        .sign(signer[0], hashes.SHA256())
    )
