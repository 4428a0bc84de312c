"""Answers of the INSi read from SOAP 1.2 messages, with a hardened parser.

Rule: docs/decisions/0020. An answer that contradicts itself is no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lxml import etree

from cordee.fhir.model.xml import parse_xml
from cordee.identity.ins.alphabet import strict_name
from cordee.identity.ins.births import calendar_date
from cordee.identity.ins.insi import wire
from cordee.identity.ins.insi.ports import Answer, FormerIns, Found, NotFound, Several
from cordee.identity.ins.matricule import Ins, authority_of
from cordee.identity.ins.traits import Sex, StrictTraits
from cordee.runtime.errors import InvalidRequest, Unavailable


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault: whose fault it is, the code of the exchange, the code of the INSi."""

    is_receivers: bool
    code: str
    detail: str

    @property
    def may_pass(self) -> bool:
        """The service is away; asking again later may do."""
        return self.is_receivers


def read_body(message: bytes) -> etree._Element | Fault:
    """The element in the SOAP body, or the fault that stands there.

    Raises `Unavailable` when the message is no SOAP 1.2 envelope.
    """
    try:
        root = parse_xml(message)
    except InvalidRequest as caught:
        raise Unavailable("L’INSi a répondu un message illisible.") from caught
    body = root.find(wire.tag(wire.SOAP, "Body")) if root.tag == _ENVELOPE else None
    if body is None or len(body) == 0:
        raise Unavailable("L’INSi a répondu autre chose qu’un message SOAP.")
    held = body[0]
    return _fault(held) if held.tag == wire.tag(wire.SOAP, "Fault") else held


def read_answer(held: etree._Element, *, asked_first: str = "") -> Answer:
    """The answer to a search; `asked_first` tells where a first name in two words ends.

    Raises `Unavailable` for a code that is not known, or a person who makes no sense.
    """
    if held.tag != wire.tag(wire.RESULT, "RESULTAT"):
        raise Unavailable("L’INSi a répondu un message inattendu.")
    code = wire.text_of(held, wire.RESULT, "CR", "CodeCR")
    if code == wire.NO_ONE:
        return NotFound()
    if code == wire.SEVERAL:
        return Several()
    if code != wire.OK:
        raise Unavailable("L’INSi a répondu un code inconnu.")
    try:
        return _found(wire.node_of(held, wire.RESULT, "INDIVIDU"), asked_first)
    except (InvalidRequest, ValueError) as caught:
        raise Unavailable("L’INSi a répondu une identité incohérente.") from caught


def read_verification(held: etree._Element) -> bool:
    """The answer to a verification. Raises `Unavailable` for a code that is not known."""
    if held.tag != wire.tag(wire.VERIFICATION_RESULT, "RESULTAT"):
        raise Unavailable("L’INSi a répondu un message inattendu.")
    code = wire.text_of(held, wire.VERIFICATION_RESULT, "CR", "CodeCR")
    if code not in (wire.OK, wire.NO_ONE):
        raise Unavailable("L’INSi a répondu un code inconnu.")
    return code == wire.OK


_ENVELOPE = wire.tag(wire.SOAP, "Envelope")


def _fault(held: etree._Element) -> Fault:
    main = wire.text_of(held, wire.SOAP, "Code", "Value").rpartition(":")[2]
    sub = wire.text_of(held, wire.SOAP, "Code", "Subcode", "Value").rpartition(":")[2]
    error = held.find(f".//{wire.tag(wire.SIRAM, 'Erreur')}")
    detail = error.get("code", "") if error is not None else ""
    return Fault(main != wire.SENDER, sub or main, detail)


def _found(person: etree._Element | None, asked_first: str) -> Found:
    active = wire.node_of(person, wire.RESULT, "INSACTIF")
    told = wire.node_of(person, wire.RESULT, "TIQ")
    if person is None or active is None or told is None:
        raise InvalidRequest("réponse 00 sans individu")
    former = tuple(
        FormerIns(_ins(one), _day(one, "DateDeb"), _day(one, "DateFin"))
        for one in person.findall(wire.tag(wire.RESULT, "INSHISTO"))
    )
    return Found(_ins(active), _traits(told, asked_first), former)


def _ins(held: etree._Element) -> Ins:
    authority = authority_of(wire.text_of(held, wire.RESULT, "OID"))
    if authority is None:
        raise InvalidRequest("OID inconnu")
    number = wire.text_of(held, wire.RESULT, "IdIndividu", "NumIdentifiant")
    return Ins(number + wire.text_of(held, wire.RESULT, "IdIndividu", "Cle"), authority)


def _traits(told: etree._Element, asked_first: str) -> StrictTraits:
    given = strict_name(wire.text_of(told, wire.RESULT, "ListePrenom"))
    birth, lunar = calendar_date(wire.text_of(told, wire.RESULT, "DateNaissance"))
    heads_list = asked_first and (given == asked_first or given.startswith(asked_first + " "))
    traits = StrictTraits(
        birth_name=strict_name(wire.text_of(told, wire.RESULT, "NomNaissance")),
        first_given_name=asked_first if heads_list else given.split(" ", maxsplit=1)[0],
        birth_given_names=given,
        birth_date=birth,
        sex=Sex(wire.text_of(told, wire.RESULT, "Sexe")),
        birth_place=wire.text_of(told, wire.RESULT, "LieuNaissance"),
        lunar_date=lunar,
    )
    if not traits.is_complete:
        raise InvalidRequest("traits incomplets")
    return traits


def _day(held: etree._Element, name: str) -> date | None:
    text = wire.text_of(held, wire.RESULT, name)
    return date.fromisoformat(text) if text else None
