"""Silence, faults, refusals, certificates and tokens, by the real adapter over HTTP and TLS."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from insi_calls import USER, Pair, calling, identity, known, served

from cordee.identity.ins.insi.adapter import Certificate, InsiOverSoap
from cordee.identity.ins.insi.emulator import Emulator
from cordee.identity.ins.insi.lookup import look_up
from cordee.identity.ins.insi.ports import (
    Found,
)
from cordee.identity.ins.matricule import Authority
from cordee.runtime.errors import InvalidRequest, TimedOut, Unavailable


@pytest.fixture
async def emulator() -> AsyncIterator[tuple[Emulator, InsiOverSoap]]:
    made = Emulator(hang_seconds=3)
    async with served(made) as url, calling(url) as insi:
        yield made, insi


@pytest.mark.requirement("A1.6")
async def test_silence_is_timed_out_after_another_try() -> None:
    made = Emulator(hang_seconds=3)
    async with served(made) as url, calling(url, seconds=0.2) as insi:
        with pytest.raises(TimedOut):
            await look_up(insi, identity("LENTILLAC"), user=USER)

        assert len(made.calls) == 2


async def test_fault_that_may_pass_gets_another_try(emulator: Pair) -> None:
    made, insi = emulator

    answer = await look_up(insi, identity("REVENANT"), user=USER)

    assert isinstance(answer, Found) and len(made.calls) == 2
    with pytest.raises(Unavailable, match="siram_40 / insi_102"):
        await look_up(insi, identity("ABSALON"), user=USER)
    assert len(made.calls) == 4


async def test_refusal_gets_no_other_try_and_quotes_no_one(emulator: Pair) -> None:
    made, insi = emulator

    with pytest.raises(InvalidRequest, match="siram_30") as refused:
        await look_up(insi, identity("REFUSE"), user=USER)

    assert len(made.calls) == 1
    assert "REFUSE" not in refused.value.message


async def test_nothing_listening_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/lps"
    async with calling(url) as insi:
        with pytest.raises(Unavailable, match="joignable"):
            await look_up(insi, identity("PUJOLAS"), user=USER)


def replying(status: int, body: bytes) -> Any:
    """A server that always says the same."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            return
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return application


SOAP = b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>%s</s:Body></s:Envelope>'
RESULT = b'<RESULTAT xmlns="http://www.cnamts.fr/INSiResultat">%s</RESULTAT>'
BILLION = b'<!DOCTYPE s [<!ENTITY a "aaaa">]>' + SOAP % (RESULT % b"&a;")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (502, b"<html>Bad gateway</html>"),
        (200, b""),
        (200, b"<Envelope"),
        (200, BILLION),
        (200, SOAP % b""),
        (200, SOAP % b"<autre/>"),
        (200, SOAP % (RESULT % b"<CR><CodeCR>07</CodeCR></CR>")),
        (200, SOAP % (RESULT % b"<CR><CodeCR>00</CodeCR></CR>")),
        (200, SOAP % (b"<x>" + b"y" * (1 << 20) + b"</x>")),
        (401, b""),
    ],
)
async def test_what_is_no_answer_is_unavailable(status: int, body: bytes) -> None:
    async with served(replying(status, body)) as url, calling(url) as insi:
        with pytest.raises(Unavailable):
            await look_up(insi, identity("PUJOLAS"), user=USER)


WRONG_KEY = b"""<CR><CodeCR>00</CodeCR></CR><INDIVIDU><INSACTIF><IdIndividu>
<NumIdentifiant>2390470550006</NumIdentifiant><Cle>00</Cle></IdIndividu><OID>1.2.250.1.213.1.4.8</OID>
</INSACTIF><TIQ><NomNaissance>A</NomNaissance><ListePrenom>B</ListePrenom><Sexe>F</Sexe>
<DateNaissance>1939-04-12</DateNaissance><LieuNaissance>70550</LieuNaissance></TIQ></INDIVIDU>"""


async def test_answer_with_a_wrong_key_is_no_answer() -> None:
    async with served(replying(200, SOAP % (RESULT % WRONG_KEY))) as url, calling(url) as insi:
        with pytest.raises(Unavailable, match="incohérente"):
            await look_up(insi, identity("PUJOLAS"), user=USER)


async def test_answer_as_public_clients_recorded_it_is_read() -> None:
    """Default namespace on the result, other prefixes for the same SOAP, history before dates."""
    person = (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope">'
        b'<env:Body xmlns:S="http://www.w3.org/2003/05/soap-envelope" '
        b'xmlns:env="http://www.w3.org/2003/05/soap-envelope">'
        + (RESULT % WRONG_KEY.replace(b"<Cle>00", b"<Cle>" + _key()))
        + b"</env:Body></soap:Envelope>"
    )
    async with served(replying(200, person)) as url, calling(url) as insi:
        answer = await look_up(insi, identity("PUJOLAS"), user=USER)

    assert isinstance(answer, Found) and answer.ins.authority is Authority.NIR


def _key() -> bytes:
    return known("MORVANDEL", "ODETTE").ins.key.encode()


async def test_token_is_asked_for_each_call_and_sent() -> None:
    asked: list[int] = []

    async def token() -> str:
        asked.append(1)
        return "jeton-psc"

    async with served(Emulator(token="jeton-psc")) as url:
        async with calling(url, token=token) as insi:
            assert isinstance(await look_up(insi, identity("MORVANDEL"), user=USER), Found)
        async with calling(url) as insi:
            with pytest.raises(Unavailable, match="certificat ou le jeton"):
                await look_up(insi, identity("MORVANDEL"), user=USER)
    assert asked == [1]


async def test_assertion_of_a_card_stands_in_the_security_header() -> None:
    seen: list[bytes] = []

    async def watching(scope: Any, receive: Any, send: Any) -> None:
        async def noting() -> Any:
            event = await receive()
            seen.append(event.get("body", b""))
            return event

        await Emulator()(scope, noting, send)

    async def assertion(user: str) -> bytes:
        return f'<saml:Assertion xmlns:saml="urn:saml" Issuer="{user}"/>'.encode()

    async with served(watching) as url, calling(url, assertion=assertion) as insi:
        await look_up(insi, identity("MORVANDEL", "ODETTE"), user=USER)

    message = b"".join(seen)
    assert b"wssecurity-secext" in message and f'Issuer="{USER}"'.encode() in message
    assert message.count(USER.encode()) == 3  # the assertion and both contexts


async def test_emulator_refuses_what_is_no_request(emulator: Pair) -> None:
    async with served(emulator[0]) as url, httpx.AsyncClient() as client:
        assert (await client.get(url)).status_code == 405
        for body in (b"x", SOAP % b"<a/>", BILLION):
            answer = await client.post(url, content=body)
            assert answer.status_code == 400 and b"siram_" in answer.content


def _signed(
    name: str, issuer: tuple[x509.Name, Any] | None, key: Any, **names: Any
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_name, issuer_key = issuer or (subject, key)
    start = datetime.now(UTC) - timedelta(hours=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if names:
        alternative = x509.SubjectAlternativeName([x509.IPAddress(names["address"])])
        builder = builder.add_extension(alternative, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _pem(folder: Path, name: str, certificate: x509.Certificate, key: Any) -> tuple[Path, Path]:
    chain, private = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    return chain, private


async def test_client_certificate_opens_the_exchange_and_nothing_else_does(tmp_path: Path) -> None:
    from ipaddress import ip_address
    from ssl import CERT_REQUIRED

    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("ca", "server", "client")}
    authority = _signed("Autorité d’essai", None, keys["ca"])
    issuer = (authority.subject, keys["ca"])
    server = _signed("serveur", issuer, keys["server"], address=ip_address("127.0.0.1"))
    client = _signed("structure", issuer, keys["client"])
    trusted, _ = _pem(tmp_path, "ca", authority, keys["ca"])
    chain, private = _pem(tmp_path, "server", server, keys["server"])
    own = Certificate(*_pem(tmp_path, "client", client, keys["client"]), "secret")
    options = {
        "ssl_certfile": chain,
        "ssl_keyfile": private,
        "ssl_keyfile_password": "secret",
        "ssl_ca_certs": str(trusted),
        "ssl_cert_reqs": CERT_REQUIRED,
    }

    async with served(Emulator(), **options) as url:
        async with calling(url, certificate=own, authorities=trusted) as insi:
            assert isinstance(await look_up(insi, identity("MORVANDEL"), user=USER), Found)
        for changes in ({"authorities": trusted}, {"certificate": own}):
            async with calling(url, **changes) as insi:
                with pytest.raises(Unavailable):
                    await look_up(insi, identity("MORVANDEL"), user=USER)
