"""An INSi that speaks the same SOAP wire, for development, demonstrations and tests.

A bare ASGI application: `Emulator()` answers 00, 01 and 02 about the people of `people.json`,
changes their traits, hangs, and answers faults. Rule: A1.6; docs/decisions/0020.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from lxml import etree

from cordee.fhir.model.xml import parse_xml
from cordee.identity.ins.insi import wire
from cordee.identity.ins.insi.emulated import (
    Asked,
    Behaviour,
    Emulated,
    birth_text,
    has_card,
    has_traits,
    people,
)
from cordee.identity.ins.insi.ports import FormerIns
from cordee.identity.ins.matricule import Ins
from cordee.runtime.errors import InvalidRequest

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
LONGEST_REQUEST: Final = 1 << 17
_HEADERS: Final = (
    (wire.ADDRESSING, "Action"),
    (wire.ADDRESSING, "MessageID"),
    (wire.BAM, "ContexteBAM"),
    (wire.LPS, "ContexteLPS"),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: HTTP status and SOAP message."""

    status: int
    message: bytes


class Emulator:
    """The emulated INSi. `token` is the bearer token that it asks for, none when empty."""

    def __init__(
        self,
        known: Iterable[Emulated] | None = None,
        *,
        token: str = "",
        hang_seconds: float = 60.0,
    ) -> None:
        """Know these people, those of `people.json` unless told otherwise."""
        chosen = people() if known is None else known
        self._people = {person.ins.matricule: person for person in chosen}
        self._before: dict[str, Emulated] = {}
        self._token = token
        self._hang_seconds = hang_seconds
        self._failed_once: set[str] = set()
        self.calls: list[str] = []

    def change(self, matricule: str) -> None:
        """Make the later traits of a person the present ones; the old ones still find them."""
        person = self._people[matricule]
        self._before[matricule] = person
        self._people[matricule] = person.changed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request; the lifespan of ASGI has nothing to do."""
        if scope["type"] == "lifespan":
            await _serve_lifespan(receive, send)
        elif scope["type"] == "http":
            reply = await self._reply(scope, await _body(receive))
            headers = [(b"content-type", wire.CONTENT_TYPE.encode())]
            start = {"type": "http.response.start", "status": reply.status, "headers": headers}
            await send(start)
            await send({"type": "http.response.body", "body": reply.message})

    async def _reply(self, scope: Scope, body: bytes) -> Reply:
        if scope["method"] != "POST":
            return Reply(405, b"")
        headers = dict(scope["headers"])
        if self._token and headers.get(b"authorization") != f"Bearer {self._token}".encode():
            return Reply(401, b"")
        try:
            root = parse_xml(body)
        except InvalidRequest:
            return _fault(wire.SENDER, "siram_10", "insi_001")
        header = root.find(wire.tag(wire.SOAP, "Header"))
        asked = root.find(wire.tag(wire.SOAP, "Body"))
        if header is None or asked is None or len(asked) == 0:
            return _fault(wire.SENDER, "siram_10", "insi_001")
        if any(header.find(wire.tag(space, name)) is None for space, name in _HEADERS):
            return _fault(wire.SENDER, "siram_20", "insi_002")
        action = wire.text_of(header, wire.ADDRESSING, "Action")
        self.calls.append(action)
        return await self._answer(action, asked[0])

    async def _answer(self, action: str, asked: etree._Element) -> Reply:
        if action == wire.VERIFY:
            return await self._verify(asked)
        if action not in (wire.SEARCH_BY_TRAITS, wire.SEARCH_BY_CARD):
            return _fault(wire.SENDER, "siram_20", "insi_003")
        by_traits = action == wire.SEARCH_BY_TRAITS
        found = self._by_traits(asked) if by_traits else self._by_card(asked)
        if trouble := await self._trouble(found):
            return trouble
        return Reply(200, _result(found))

    async def _trouble(self, found: list[Emulated]) -> Reply | None:
        """What goes wrong about the people found: a silence or a fault."""
        for person in found:
            key = person.ins.matricule
            if person.behaviour is Behaviour.HANG:
                await asyncio.sleep(self._hang_seconds)
            first_time = person.behaviour is Behaviour.AWAY_ONCE and key not in self._failed_once
            self._failed_once.add(key)
            if person.behaviour is Behaviour.AWAY or first_time:
                return _fault(wire.RECEIVER, wire.AWAY, wire.AWAY_DETAIL)
            if person.behaviour is Behaviour.REFUSE:
                return _fault(wire.SENDER, "siram_30", "insi_010")
        return None

    def _by_traits(self, asked: etree._Element) -> list[Emulated]:
        space = wire.BY_TRAITS
        traits = Asked(
            wire.text_of(asked, space, "NomNaissance"),
            tuple((one.text or "").strip() for one in asked.findall(wire.tag(space, "Prenom"))),
            wire.text_of(asked, space, "Sexe"),
            wire.text_of(asked, space, "DateNaissance"),
            wire.text_of(asked, space, "LieuNaissance"),
        )
        return [
            person
            for key, person in self._people.items()
            if has_traits(person, traits) or has_traits(self._before.get(key, person), traits)
        ]

    def _by_card(self, asked: etree._Element) -> list[Emulated]:
        space = wire.BY_CARD
        own = wire.text_of(asked, space, "MatriculeIndividu", "NumIdentifiant")
        insured = wire.text_of(asked, space, "MatriculeOD", "NumIdentifiant")
        birth = wire.text_of(asked, space, "DateNaissance")
        return [one for one in self._people.values() if has_card(one, own, insured, birth)]

    async def _verify(self, asked: etree._Element) -> Reply:
        space = wire.VERIFICATION
        person = wire.node_of(asked, space, "IndividuVerifie")
        given = wire.node_of(person, space, "INSFourni")
        number = wire.text_of(given, space, "IdIndividu", "NumIdentifiant")
        matricule = number + wire.text_of(given, space, "IdIndividu", "Cle")
        told = wire.node_of(person, space, "TraitsIdentiteIndividu")
        known = self._people.get(matricule)
        if known and (trouble := await self._trouble([known])):
            return trouble
        oid = wire.text_of(given, space, "OID")
        agrees = known is not None and oid == known.ins.authority and _agrees(known, told)
        return Reply(200, _verdict(agrees=agrees))


def _agrees(person: Emulated, told: etree._Element | None) -> bool:
    space, traits = wire.VERIFICATION, person.traits
    return (
        wire.text_of(told, space, "NomNaissance") == traits.birth_name
        and wire.text_of(told, space, "ListePrenom") == traits.birth_given_names
        and wire.text_of(told, space, "Sexe") == traits.sex
        and wire.text_of(told, space, "DateNaissance") == birth_text(traits)
        and wire.text_of(told, space, "LieuNaissance") == traits.birth_place
    )


def _result(found: list[Emulated]) -> bytes:
    """The message of a search, 00 with the person, 01, or 02 without anyone."""
    code = (wire.NO_ONE, wire.OK)[len(found)] if len(found) <= 1 else wire.SEVERAL
    root, body = _envelope()
    result = wire.add(body, wire.RESULT, "RESULTAT")
    _report(result, wire.RESULT, code)
    if code == wire.OK:
        _individual(result, found[0])
    return wire.xml_bytes(root)


def _individual(result: etree._Element, person: Emulated) -> None:
    space, traits = wire.RESULT, person.traits
    individual = wire.add(result, space, "INDIVIDU")
    _number(wire.add(individual, space, "INSACTIF"), person.ins)
    for former in person.former:
        _history(wire.add(individual, space, "INSHISTO"), former)
    told = wire.add(individual, space, "TIQ")
    wire.add(told, space, "NomNaissance", traits.birth_name)
    wire.add(told, space, "ListePrenom", traits.birth_given_names)
    wire.add(told, space, "Sexe", traits.sex.value)
    wire.add(told, space, "DateNaissance", birth_text(traits))
    wire.add(told, space, "LieuNaissance", traits.birth_place)


def _history(held: etree._Element, former: FormerIns) -> None:
    _number(held, former.ins)
    for name, day in (("DateDeb", former.start), ("DateFin", former.end)):
        if day:
            wire.add(held, wire.RESULT, name, day.isoformat())


def _number(held: etree._Element, ins: Ins) -> None:
    number = wire.add(held, wire.RESULT, "IdIndividu")
    wire.add(number, wire.RESULT, "NumIdentifiant", ins.number)
    wire.add(number, wire.RESULT, "Cle", ins.key)
    wire.add(held, wire.RESULT, "OID", ins.authority.value)


def _verdict(*, agrees: bool) -> bytes:
    root, body = _envelope()
    result = wire.add(body, wire.VERIFICATION_RESULT, "RESULTAT")
    _report(result, wire.VERIFICATION_RESULT, wire.OK if agrees else wire.NO_ONE)
    return wire.xml_bytes(root)


def _report(result: etree._Element, space: str, code: str) -> None:
    report = wire.add(result, space, "CR")
    wire.add(report, space, "CodeCR", code)
    wire.add(report, space, "LibelleCR", wire.OUTCOMES[code])


def _fault(whose: str, code: str, detail: str) -> Reply:
    root, body = _envelope()
    fault = wire.add(body, wire.SOAP, "Fault")
    held = wire.add(fault, wire.SOAP, "Code")
    wire.add(held, wire.SOAP, "Value", f"soap:{whose}")
    wire.add(wire.add(held, wire.SOAP, "Subcode"), wire.SOAP, "Value", f"soap:{code}")
    wire.add(wire.add(fault, wire.SOAP, "Reason"), wire.SOAP, "Text", "Demande sans réponse.")
    error = wire.add(wire.add(fault, wire.SOAP, "Detail"), wire.SIRAM, "Erreur", "Erreur émulée.")
    error.set("severite", "fatal")
    error.set("code", detail)
    return Reply(400 if whose == wire.SENDER else 500, wire.xml_bytes(root))


def _envelope() -> tuple[etree._Element, etree._Element]:
    root, header, body = wire.envelope()
    wire.add(header, wire.ADDRESSING, "MessageID", f"uuid:{uuid4()}")
    return root, body


async def _body(receive: Receive) -> bytes:
    body = b""
    while len(body) <= LONGEST_REQUEST:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body"):
            break
    return body


async def _serve_lifespan(receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
