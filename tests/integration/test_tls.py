"""HTTPS by the server itself: which versions, what browsers are told, what does not fit."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cordee.runtime.clock import now
from running import Server, forget_sockets, run


def certified(folder: Path) -> dict[str, str]:
    """A certificate of 127.0.0.1 and its key, as settings."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cordee.example")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    day = datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - day).not_valid_after(now() + day)
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    certificate, private = folder / "server.pem", folder / "server.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return {"CORDEE_TLS_CERT": str(certificate), "CORDEE_TLS_KEY": str(private)}


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, ssl.SSLContext]]:
    folder = tmp_path_factory.mktemp("tls")
    told = certified(folder)
    server = Server(folder / "data", **told).start()
    yield server, ssl.create_default_context(cafile=told["CORDEE_TLS_CERT"])
    server.stop()
    forget_sockets(server.data)


def test_it_serves_https_with_hsts_and_secure_cookies(
    secure: tuple[Server, ssl.SSLContext],
) -> None:
    server, trust = secure
    assert server.url.startswith("https://127.0.0.1:")

    with httpx.Client(verify=trust) as client:
        for path in ("/connexion", "/fhir/metadata", "/oauth/jwks", "/health/live"):
            answer = client.get(f"{server.url}{path}")
            assert answer.status_code == 200
            assert "max-age=31536000" in answer.headers["strict-transport-security"]
        client.cookies.clear()
        cookies = client.get(f"{server.url}/connexion").headers.get_list("set-cookie")
        base = client.get(f"{server.url}/fhir/metadata").json()["implementation"]["url"]

    assert cookies
    assert all("; Secure" in one for one in cookies)
    assert base == f"{server.url}/fhir"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_with_forward_secrecy(
    secure: tuple[Server, ssl.SSLContext], version: ssl.TLSVersion
) -> None:
    server, _ = secure

    name = _shaken(server, version, "ALL")

    assert name.startswith(("ECDHE-", "TLS_"))
    assert "GCM" in name or "CHACHA20" in name


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_older_versions_and_weak_ciphers_are_refused(
    secure: tuple[Server, ssl.SSLContext],
) -> None:
    server, _ = secure

    for version, ciphers in (
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_2, "AES128-SHA:AES256-SHA256"),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES256-SHA"),
    ):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            _shaken(server, version, ciphers)


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    told = certified(tmp_path)
    (tmp_path / "more").mkdir()
    other = certified(tmp_path / "more")

    alone = run("serve", data=tmp_path / "a", CORDEE_TLS_CERT=told["CORDEE_TLS_CERT"])
    mixed = {**told, "CORDEE_TLS_KEY": other["CORDEE_TLS_KEY"]}
    unfit = run("serve", "--port", "0", data=tmp_path / "b", **mixed)

    forget_sockets(tmp_path / "b")
    assert alone.returncode == 2
    assert "CORDEE_TLS_KEY" in alone.stderr
    assert unfit.returncode == 2
    assert "fit each other" in unfit.stderr


def _shaken(server: Server, version: ssl.TLSVersion, ciphers: str) -> str:
    """Name of the cipher that this client and the server agree on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(ciphers)
    context.minimum_version = context.maximum_version = version
    host, port = server.url.removeprefix("https://").split(":")
    with (
        socket.create_connection((host, int(port)), 10) as plain,
        context.wrap_socket(plain) as shaken,
    ):
        cipher = shaken.cipher()
        assert cipher
        return cipher[0]
