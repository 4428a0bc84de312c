"""The identity that a FHIR Patient carries.

Rules: FR Core 2.2.0; RNIV 1, EXI SI 07. FR Core codes two of the four statuses: a validated
identity with an INS is qualified, a provisional one with an INS is retrieved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from cordee.identity.ins.alphabet import strict_name
from cordee.identity.ins.matricule import Authority, Ins, authority_of, is_matricule
from cordee.identity.ins.proofs import ProofKind
from cordee.identity.ins.statuses import UNTRUSTED, Attribute, Identity, RetrievalMethod, Status
from cordee.identity.ins.traits import Sex, StrictTraits
from cordee.identity.ins.vocabulary import (
    ATTRIBUTES_OF_CODES,
    BIRTH_PLACE,
    GIVEN_NAMES,
    INSEE_CODE,
    LUNAR_DATE,
    RELIABILITY,
    SEXES,
    Resource,
    extension,
)


def read_identity(patient: Resource) -> Identity:
    """The identity of a Patient; what cannot be read counts as not known, never as trusted.

    An INS with a wrong key, or with an incomplete set of traits, gives no INS.
    """
    codes = _status_codes(patient)
    attributes = frozenset(ATTRIBUTES_OF_CODES[code] for code in codes & ATTRIBUTES_OF_CODES.keys())
    traits = read_traits(patient)
    ins = _active_ins(patient) if traits.is_complete else None
    status = _status(codes, attributes, has_ins=ins is not None)
    facts = _facts(patient)
    with_ins = status in (Status.RECUP, Status.QUAL)
    with_proof = status in (Status.VALI, Status.QUAL)
    return Identity(
        traits=traits,
        status=status,
        attributes=attributes,
        ins=ins if with_ins else None,
        former=_former(patient) if with_ins else (),
        retrieved_on=_day(facts.get("dateCollection")) if with_ins else None,
        method=_method(facts.get("methodCollection")) if with_ins else None,
        proof_kind=_proof(facts.get("validationMode")) if with_proof else None,
        proved_on=_day(facts.get("validationDate")) if with_proof else None,
    )


def read_traits(patient: Resource) -> StrictTraits:
    """The strict traits of a Patient, names in the alphabet of the INS."""
    name = birth_name(patient)
    given = strict_name(" ".join(name.get("given", ())[:1]))
    listed = extension(name, GIVEN_NAMES).get("valueString")
    names = strict_name(str(listed or " ".join(name.get("given", ()))))
    place = extension(patient, BIRTH_PLACE).get("valueAddress", {})
    code = extension(place, INSEE_CODE).get("valueCoding", {}).get("code", "")
    lunar = extension(patient, LUNAR_DATE).get("valueString")
    return StrictTraits(
        birth_name=strict_name(str(name.get("family", ""))),
        first_given_name=given or names.split(" ", maxsplit=1)[0],
        birth_given_names=names,
        birth_date=_day(patient.get("birthDate")),
        sex=SEXES.get(str(patient.get("gender", "")), Sex.UNKNOWN),
        birth_place=str(code),
        lunar_date=str(lunar) if lunar else None,
    )


def birth_name(patient: Resource) -> Resource:
    """The HumanName of birth: maiden, else official, else the first that is not only usual."""
    names: Sequence[Resource] = patient.get("name", ())
    for use in ("official", "maiden", None, "usual"):
        for name in names:
            if name.get("use") == use:
                return _with_maiden(name, names) if use == "official" else name
    return names[0] if names else {}


def _with_maiden(official: Resource, names: Sequence[Resource]) -> Resource:
    """The official name with the family name of birth, where it is recorded as maiden."""
    maiden = next((name for name in names if name.get("use") == "maiden"), None)
    return {**official, "family": maiden["family"]} if maiden and "family" in maiden else official


def _status(codes: frozenset[str], attributes: frozenset[Attribute], *, has_ins: bool) -> Status:
    if attributes & UNTRUSTED:
        return Status.PROV
    if "VALI" in codes or "QUAL" in codes:
        return Status.QUAL if has_ins else Status.VALI
    return Status.RECUP if has_ins else Status.PROV


def _status_codes(patient: Resource) -> frozenset[str]:
    return frozenset(
        str(part.get("valueCoding", {}).get("code", ""))
        for one in patient.get("extension", ())
        if one.get("url") == RELIABILITY
        for part in one.get("extension", ())
        if part.get("url") == "identityStatus"
    )


def _facts(patient: Resource) -> Mapping[str, str]:
    """What the reliability extensions say besides the status, by the name of the part."""
    facts: dict[str, str] = {}
    for one in patient.get("extension", ()):
        if one.get("url") != RELIABILITY:
            continue
        for part in one.get("extension", ()):
            value = part.get("valueDate") or part.get("valueCoding", {}).get("code")
            if value:
                facts.setdefault(str(part.get("url", "")), str(value))
    return facts


def _active_ins(patient: Resource) -> Ins | None:
    return next((ins for use, ins in _all_ins(patient) if use != "old"), None)


def _former(patient: Resource) -> tuple[Ins, ...]:
    return tuple(ins for use, ins in _all_ins(patient) if use == "old")


def _all_ins(patient: Resource) -> list[tuple[str, Ins]]:
    found: list[tuple[str, Ins]] = []
    for identifier in patient.get("identifier", ()):
        authority: Authority | None = authority_of(str(identifier.get("system", "")))
        value = str(identifier.get("value", ""))
        if authority and is_matricule(value):
            found.append((str(identifier.get("use", "")), Ins(value, authority)))
    return found


def _day(text: object) -> date | None:
    """A whole day; a year or a month alone is no date of birth of the INS."""
    try:
        return date.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def _method(code: str | None) -> RetrievalMethod | None:
    return next((one for one in RetrievalMethod if one == code), None)


def _proof(code: str | None) -> ProofKind | None:
    return next((one for one in ProofKind if one == code), None)
