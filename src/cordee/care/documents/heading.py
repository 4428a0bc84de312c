"""The header of a CDA document from the resources of a record. Requirements B3.6, B5.8.

A matricule leaves with a qualified identity alone (A1.5), and the name is that of birth, never
a former one (a pseudonym) nor that of use, wherever it stands in the resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from cordee.care.store import Resource
from cordee.formats.cda import Header, Name
from cordee.identity.ins.patient_reading import birth_name, read_identity
from cordee.runtime.clock import PARIS

_RPPS: Final = "1.2.250.1.71.4.2.1"


def header_of(  # noqa: PLR0913 -- what it is, of whom, by whom
    patient: Resource, author: Resource, place: Resource, *, number: str, code: str, title: str,
    at: datetime,
) -> Header:  # fmt: skip
    """The header of a document of a patient."""
    identity = read_identity(patient)
    has_ins = identity.ins is not None and identity.may_send_matricule
    given, family = _parts(birth_name(patient))
    own, surname = _parts(next(iter(author.get("name") or ()), {}))
    return Header(
        number=number, code=code, title=title, at=at.astimezone(PARIS),
        patient=Name(
            given, family, identity.ins.authority.value, identity.ins.matricule
        ) if has_ins and identity.ins else Name(given, family),
        gender=str(patient.get("gender", "")), born=str(patient.get("birthDate", "")),
        author=Name(own, surname, _RPPS, _numbered(author, _RPPS)),
        place=str(place.get("name", "")), place_number=_numbered(place, "finess"),
    )  # fmt: skip


def _parts(found: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    return tuple(map(str, found.get("given", ()))), str(found.get("family", ""))


def _numbered(resource: Resource, system: str) -> str:
    numbers = (
        str(one.get("value", ""))
        for one in resource.get("identifier", ())
        if system in str(one.get("system", ""))
    )
    return next(numbers, "")
