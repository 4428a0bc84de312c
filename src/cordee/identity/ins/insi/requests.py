"""Requests to the INSi as SOAP 1.2 messages: the context headers and the three bodies.

Rule: docs/decisions/0020.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from lxml import etree

from cordee.identity.ins.insi import wire
from cordee.identity.ins.insi.ports import CardQuery, TraitsQuery
from cordee.identity.ins.matricule import Authority, Ins
from cordee.identity.ins.traits import StrictTraits

TEMPORARY_KIND, DEFINITIVE_KIND = "NIA", "NIR"


@dataclass(frozen=True, slots=True)
class Software:
    """The calling software as the Assurance Maladie knows it: its authorisation and version."""

    authorisation: str
    name: str
    version: str
    instance: str


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, with which software, when; `assertion` is a SAML assertion of a CPS card."""

    software: Software
    user: str
    at: datetime
    assertion: bytes = b""


def traits_request(query: TraitsQuery, call: Call) -> bytes:
    """The message that searches an INS by traits."""
    root, body = _addressed(wire.SEARCH_BY_TRAITS, call)
    asked = wire.add(body, wire.BY_TRAITS, "RECSANSVITALE")
    wire.add(asked, wire.BY_TRAITS, "NomNaissance", query.birth_name)
    for name in query.given_names:
        wire.add(asked, wire.BY_TRAITS, "Prenom", name)
    wire.add(asked, wire.BY_TRAITS, "Sexe", query.sex.value)
    wire.add(asked, wire.BY_TRAITS, "DateNaissance", query.birth_date.isoformat())
    if query.birth_place:
        wire.add(asked, wire.BY_TRAITS, "LieuNaissance", query.birth_place)
    return wire.xml_bytes(root)


def card_request(query: CardQuery, call: Call) -> bytes:
    """The message that searches an INS by a Vitale card."""
    root, body = _addressed(wire.SEARCH_BY_CARD, call)
    asked = wire.add(body, wire.BY_CARD, "RECVITALE")
    if query.own_number:
        own = wire.add(asked, wire.BY_CARD, "MatriculeIndividu")
        wire.add(own, wire.BY_CARD, "NumIdentifiant", query.own_number)
    insured = wire.add(asked, wire.BY_CARD, "MatriculeOD")
    wire.add(insured, wire.BY_CARD, "NumIdentifiant", query.insured_number)
    if query.birth_name:
        wire.add(asked, wire.BY_CARD, "NomNaissance", query.birth_name)
    wire.add(asked, wire.BY_CARD, "DateNaissance", query.birth_date.isoformat())
    wire.add(asked, wire.BY_CARD, "RangNaissance", str(query.birth_rank))
    return wire.xml_bytes(root)


def verification_request(ins: Ins, traits: StrictTraits, call: Call) -> bytes:
    """The message that asks whether an INS still goes with five traits."""
    root, body = _addressed(wire.VERIFY, call)
    space = wire.VERIFICATION
    asked = wire.add(wire.add(body, space, "VERIFICATION"), space, "IndividuVerifie")
    given = wire.add(asked, space, "INSFourni")
    number = wire.add(given, space, "IdIndividu")
    wire.add(number, space, "NumIdentifiant", ins.number)
    wire.add(number, space, "Cle", ins.key)
    kind = TEMPORARY_KIND if ins.authority is Authority.NIA else DEFINITIVE_KIND
    wire.add(number, space, "TypeMatricule", kind)
    wire.add(given, space, "OID", ins.authority.value)
    told = wire.add(asked, space, "TraitsIdentiteIndividu")
    birth = traits.birth_date.isoformat() if traits.birth_date else ""
    for name, text in (
        ("NomNaissance", traits.birth_name),
        ("Prenom", traits.first_given_name),
        ("ListePrenom", traits.birth_given_names),
        ("Sexe", traits.sex.value),
        ("DateNaissance", traits.lunar_date or birth),
        ("LieuNaissance", traits.birth_place),
    ):
        wire.add(told, space, name, text)
    return wire.xml_bytes(root)


def _addressed(action: str, call: Call) -> tuple[etree._Element, etree._Element]:
    """An envelope with its headers, and the body to fill; each message has its own number."""
    root, header, body = wire.envelope()
    wire.add(header, wire.ADDRESSING, "Action", action)
    wire.add(header, wire.ADDRESSING, "MessageID", f"uuid:{uuid4()}")
    if call.assertion:
        security = wire.add(header, wire.SECURITY, "Security")
        security.append(etree.fromstring(call.assertion, _plain_parser()))
    moment = call.at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{call.at.microsecond // 1000:03d}Z"
    _bam(header, call, moment)
    _lps(header, call, moment)
    return root, body


def _bam(header: etree._Element, call: Call, moment: str) -> None:
    context = wire.add(header, wire.BAM, "ContexteBAM")
    context.set("Version", wire.BAM_VERSION)
    wire.add(context, wire.BAM, "Id", str(uuid4()))
    wire.add(context, wire.BAM, "Temps", moment)
    wire.add(context, wire.BAM, "Emetteur", call.user)
    wire.add(context, wire.BAM, "COUVERTURE")


def _lps(header: etree._Element, call: Call, moment: str) -> None:
    context = wire.add(header, wire.LPS, "ContexteLPS")
    context.set("Nature", wire.LPS_NATURE)
    context.set("Version", wire.LPS_VERSION)
    wire.add(context, wire.LPS, "Id", str(uuid4()))
    wire.add(context, wire.LPS, "Temps", moment)
    wire.add(context, wire.LPS, "Emetteur", call.user)
    software = wire.add(context, wire.LPS, "LPS")
    wire.add(software, wire.LPS, "IDAM", call.software.authorisation).set("R", wire.IDAM_REFERENCE)
    wire.add(software, wire.LPS, "Version", call.software.version)
    wire.add(software, wire.LPS, "Instance", call.software.instance)
    wire.add(software, wire.LPS, "Nom", f"urn:lps:{call.software.name}:{call.software.version}")


def _plain_parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
