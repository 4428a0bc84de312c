"""The INSi over SOAP 1.2 and HTTPS: client certificate or token, time-outs, one more try.

Rule: docs/decisions/0020. All three operations only read, so a call may be made again.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
from lxml import etree

from cordee.identity.ins.insi import wire
from cordee.identity.ins.insi.answers import Fault, read_answer, read_body, read_verification
from cordee.identity.ins.insi.ports import Answer, CardQuery, TraitsQuery
from cordee.identity.ins.insi.requests import (
    Call,
    Software,
    card_request,
    traits_request,
    verification_request,
)
from cordee.identity.ins.matricule import Ins
from cordee.identity.ins.traits import StrictTraits
from cordee.runtime import clock
from cordee.runtime.errors import InvalidRequest, ProductError, TimedOut, Unavailable

LONGEST_ANSWER = 1 << 20
REFUSALS = (401, 403)
Token = Callable[[], Awaitable[str]]
Assertion = Callable[[str], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Certificate:
    """The client certificate of the structure and its key, as PEM files."""

    chain: Path
    key: Path
    password: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the INSi is and how to be known there.

    `certificate` opens TLS; `token` gives a Pro Santé Connect access token for each call;
    `assertion` gives the SAML assertion that a CPS card signed for a user. `authorities` is a
    PEM file of the authorities that sign the server; the system's when it is None.
    """

    url: str
    software: Software
    certificate: Certificate | None = None
    token: Token | None = None
    assertion: Assertion | None = None
    authorities: Path | None = None
    seconds: float = 10.0
    attempts: int = 2
    pause_seconds: float = 0.3
    transport: httpx.AsyncBaseTransport | None = None  # the emulator of a demonstration


class _NoAnswerYet(Exception):
    """An attempt failed in a way that another attempt may not."""

    def __init__(self, error: ProductError) -> None:
        super().__init__(error.message)
        self.error = error


class InsiOverSoap:
    """The INSi as an `InsTeleservice`; holds one HTTP client, to be closed."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Read the certificate; no call is made yet."""
        self._endpoint = endpoint
        self._client = httpx.AsyncClient(
            verify=_tls(endpoint),
            timeout=endpoint.seconds,
            trust_env=False,
            transport=endpoint.transport,
        )

    async def search_by_traits(self, query: TraitsQuery, *, user: str) -> Answer:
        """Find the INS of a person by traits; see `InsTeleservice` for what it raises."""
        held = await self._ask(
            wire.SEARCH_BY_TRAITS, user, lambda call: traits_request(query, call)
        )
        return read_answer(held, asked_first=query.given_names[0] if query.given_names else "")

    async def search_by_card(self, query: CardQuery, *, user: str) -> Answer:
        """Find the INS of a person by a Vitale card; see `InsTeleservice`."""
        held = await self._ask(wire.SEARCH_BY_CARD, user, lambda call: card_request(query, call))
        return read_answer(held)

    async def verify(self, ins: Ins, traits: StrictTraits, *, user: str) -> bool:
        """Tell whether this INS still goes with these traits; see `InsTeleservice`."""
        held = await self._ask(
            wire.VERIFY, user, lambda call: verification_request(ins, traits, call)
        )
        return read_verification(held)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _ask(
        self, action: str, user: str, message: Callable[[Call], bytes]
    ) -> etree._Element:
        """The element of the answer; a fault or a silence that may pass gets another try."""
        attempts = self._endpoint.attempts
        for attempt in range(1, attempts + 1):
            try:
                return await self._ask_once(action, user, message)
            except _NoAnswerYet as caught:
                if attempt == attempts:
                    raise caught.error from caught
                await asyncio.sleep(self._endpoint.pause_seconds * attempt)
        raise Unavailable("L’INSi n’a pas été interrogé.")

    async def _ask_once(
        self, action: str, user: str, message: Callable[[Call], bytes]
    ) -> etree._Element:
        assertion = await self._endpoint.assertion(user) if self._endpoint.assertion else b""
        call = Call(self._endpoint.software, user, clock.now(), assertion)
        status, body = await self._post(action, message(call))
        if status in REFUSALS:
            raise Unavailable("L’INSi refuse le certificat ou le jeton présenté ; prévenez la DSI.")
        if b"Envelope" not in body:  # a page of a proxy, or nothing
            raise _NoAnswerYet(Unavailable(f"L’INSi ne répond pas (HTTP {status})."))
        held = read_body(body)
        if isinstance(held, Fault):
            raise _of_fault(held)
        return held

    async def _post(self, action: str, message: bytes) -> tuple[int, bytes]:
        headers = {"Content-Type": f'{wire.CONTENT_TYPE}; action="{action}"'}
        if self._endpoint.token:
            headers["Authorization"] = f"Bearer {await self._endpoint.token()}"
        try:
            async with asyncio.timeout(self._endpoint.seconds):
                return await self._exchange(message, headers)
        except (TimeoutError, httpx.TimeoutException) as caught:
            late = TimedOut("L’INSi n’a pas répondu à temps ; réessayez plus tard.")
            raise _NoAnswerYet(late) from caught
        except (httpx.HTTPError, OSError) as caught:
            away = Unavailable("L’INSi n’est pas joignable ; réessayez plus tard.")
            raise _NoAnswerYet(away) from caught

    async def _exchange(self, message: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and body; a body that is too long is not read to its end."""
        body = bytearray()
        async with self._client.stream(
            "POST", self._endpoint.url, content=message, headers=headers
        ) as response:
            async for part in response.aiter_bytes():
                body += part
                if len(body) > LONGEST_ANSWER:
                    raise Unavailable("L’INSi a répondu un message trop long.")
        return response.status_code, bytes(body)


def _of_fault(fault: Fault) -> Exception:
    """The error of a fault; its codes are told, its text never, for it may quote a person."""
    codes = " / ".join(code for code in (fault.code, fault.detail) if code)
    if fault.may_pass:
        sentence = f"L’INSi est indisponible ({codes}) ; réessayez plus tard."
        return _NoAnswerYet(Unavailable(sentence))
    return InvalidRequest(f"L’INSi refuse la demande ({codes}) ; vérifiez les traits saisis.")


def _tls(endpoint: Endpoint) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=endpoint.authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if endpoint.certificate:
        own = endpoint.certificate
        context.load_cert_chain(own.chain, own.key, own.password or None)
    return context
