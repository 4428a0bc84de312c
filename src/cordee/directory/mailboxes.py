"""Addresses of the MSSanté (`Extraction_Correspondance_MSSante`) as Endpoints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

from cordee.directory.professionals import is_rpps, practitioner_id
from cordee.directory.structures import is_finess, organization_id
from cordee.directory.tables import Row
from cordee.directory.vocabulary import IDNPS, RPPS, Json, identifier, mailbox

_ADDRESS: Final = re.compile(r"[^@\s|<>\"]+@[^@\s|<>\"]+\.[^@\s|<>\"]+")
_CONNECTION: Final = "http://terminology.hl7.org/CodeSystem/endpoint-connection-type"


def mailboxes(rows: Iterable[Row], known: set[str]) -> Iterator[Json]:
    """An Endpoint of each address, once; `known` are ids of structures that may be referred to."""
    seen: set[str] = set()
    for row in rows:
        address = row.get("adresse bal", "").lower()
        if address in seen or not _ADDRESS.fullmatch(address):
            continue
        seen.add(address)
        yield _endpoint(address, row, known)


def _endpoint(address: str, row: Row, known: set[str]) -> Json:
    number, structure = row.get("identifiant pp", ""), row.get("identification structure", "")
    made: Json = {
        "resourceType": "Endpoint",
        "id": f"mss-{sha256(address.encode()).hexdigest()[:24]}",
        "status": "active",
        "connectionType": {"system": _CONNECTION, "code": "secure-email"},
        "payloadType": [{"text": "MSSanté"}],
        "address": f"mailto:{address}",
        "contact": [mailbox(address)],
    }
    if is_rpps(number):
        made["identifier"] = [
            identifier("RPPS", RPPS, number), identifier("IDNPS", IDNPS, "8" + number)
        ]  # fmt: skip
        made["name"] = _named(row) or practitioner_id(number)
    else:
        made["name"] = row.get("service de rattachement") or row.get("raison sociale structure bal")
        made["name"] = made["name"] or address
    place = structure.upper()[-9:] if is_finess(structure.upper()[-9:]) else ""
    if place and organization_id(place) in known:
        made["managingOrganization"] = {"reference": f"Organization/{organization_id(place)}"}
    return made


def _named(row: Row) -> str:
    given, family = row.get("prenom d'exercice", ""), row.get("nom d'exercice", "")
    return f"{given} {family}".strip()
