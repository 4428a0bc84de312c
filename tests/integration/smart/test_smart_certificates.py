"""Tokens bound to the certificate that a trusted proxy passes (RFC 8705)."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from launching import App, register

from cordee.app.asgi import make_application
from cordee.app.proxying import behind_proxies
from cordee.identity.smart.proving import Proxies
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.settings import read_settings
from running import Platform

pytestmark = pytest.mark.requirement("A2.1")
HEADER = "x-client-cert"
DER, OTHER = b"certificate of the application", b"certificate of another"


def escaped(der: bytes) -> str:
    body = base64.b64encode(der).decode()
    return quote(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")


def thumbprint(der: bytes) -> str:
    return base64.urlsafe_b64encode(sha256(der).digest()).rstrip(b"=").decode()


@pytest.fixture(autouse=True)
def proxies(demo: Platform) -> Any:
    demo.parts.smart.bearers.proxies = Proxies(HEADER)
    yield
    demo.parts.smart.bearers.proxies = Proxies()


@pytest.fixture
async def bound(demo: Platform) -> App:
    return await register(demo, bound="mtls")


@pytest.fixture
async def far(demo: Platform) -> AsyncIterator[httpx.AsyncClient]:
    """A caller that is no proxy of ours, though it says so."""
    application = behind_proxies(make_application(demo.parts, None), ["127.0.0.0/8"])
    transport = httpx.ASGITransport(application, client=("203.0.113.9", 1))
    async with httpx.AsyncClient(transport=transport, base_url=demo.parts.smart.issuer) as http:
        yield http


async def token_of(app: App, der: bytes = DER) -> httpx.Response:
    app.http.headers[HEADER] = escaped(der)
    try:
        return await app.token(code=await app.code())
    finally:
        del app.http.headers[HEADER]


async def read(http: httpx.AsyncClient, token: str, **headers: str) -> int:
    sent = {"authorization": f"Bearer {token}"} | headers
    return (await http.get("/fhir/Patient/mine", headers=sent)).status_code


async def test_a_token_opens_with_its_certificate_only(bound: App) -> None:
    told = (await token_of(bound)).json()
    token, http = told["access_token"], bound.http

    assert told["token_type"] == "Bearer"
    claims = bound.platform.parts.smart.bearers.claims(token)
    assert claims["cnf"] == {"x5t#S256": thumbprint(DER)}
    assert await read(http, token, **{HEADER: escaped(DER)}) == 200
    rfc9440 = f":{base64.b64encode(DER).decode()}:"
    assert await read(http, token, **{HEADER: rfc9440}) == 200
    for value in (escaped(OTHER), "x", "", quote("-----BEGIN CERTIFICATE-----"), ":%%:", "::"):
        sent = {HEADER: value}
        assert await read(http, token, **sent) == 401, value
    assert await read(http, token) == 401


async def test_only_a_trusted_proxy_is_believed(bound: App, far: httpx.AsyncClient) -> None:
    token = (await token_of(bound)).json()["access_token"]

    said = {HEADER: escaped(DER)}
    assert await read(far, token, **said) == 401
    assert await read(far, token, **said, **{"x-forwarded-for": "127.0.0.1"}) == 401


async def test_a_proxy_may_say_whom_it_speaks_for(bound: App, demo: Platform) -> None:
    token = (await token_of(bound)).json()["access_token"]
    application = behind_proxies(make_application(demo.parts, None), ["127.0.0.0/8"])
    transport = httpx.ASGITransport(application, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url=demo.parts.smart.issuer) as http:
        sent = {HEADER: escaped(DER), "x-forwarded-for": "203.0.113.9"}
        assert await read(http, token, **sent) == 200


async def test_an_application_that_is_bound_comes_with_its_certificate(bound: App) -> None:
    answer = await bound.token(code=await bound.code())

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_two_certificates_are_none(bound: App) -> None:
    token = (await token_of(bound)).json()["access_token"]
    headers = [("authorization", f"Bearer {token}"), (HEADER, escaped(DER)), (HEADER, escaped(DER))]

    answer = await bound.http.get("/fhir/Patient/mine", headers=headers)

    assert answer.status_code == 401


async def test_it_is_advertised_where_a_header_is_set(app: App) -> None:
    url, name = (
        "/fhir/.well-known/smart-configuration",
        "tls_client_certificate_bound_access_tokens",
    )

    assert (await app.http.get(url)).json()[name] is True
    app.platform.parts.smart.bearers.proxies = Proxies()
    assert (await app.http.get(url)).json()[name] is False


async def test_without_the_setting_no_header_is_read(bound: App) -> None:
    token = (await token_of(bound)).json()["access_token"]
    bound.platform.parts.smart.bearers.proxies = Proxies()

    assert await read(bound.http, token, **{HEADER: escaped(DER)}) == 401


@pytest.mark.parametrize(
    ("peer", "trusted"),
    [
        ("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.5", False),
        ("", False), ("unix:", False), ("203.0.113.9", False),
    ],
)  # fmt: skip
def test_loopback_is_trusted_and_nobody_else(peer: str, trusted: bool) -> None:
    found = Proxies(HEADER).certificate(peer, [(HEADER.encode(), escaped(DER).encode())])

    assert bool(found) is trusted


def test_proxies_are_addresses_or_networks() -> None:
    told = read_settings({"CORDEE_PROXIES": "10.0.0.0/8, 192.0.2.1", "CORDEE_DATA": "x"})

    assert told.proxies == ("10.0.0.0/8", "192.0.2.1")
    with pytest.raises(InvalidRequest):
        read_settings({"CORDEE_PROXIES": "proxy.example"})
