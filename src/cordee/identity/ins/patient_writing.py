"""An identity written into a FHIR Patient; all that is not identity stays as it is.

Rules: FR Core 2.2.0, fr-core-patient-ins and its invariants fr-core-1 to 3.
"""

from __future__ import annotations

from typing import Any

from cordee.identity.ins.matricule import Ins, authority_of
from cordee.identity.ins.patient_reading import birth_name
from cordee.identity.ins.statuses import Identity, Status
from cordee.identity.ins.traits import ABROAD, StrictTraits
from cordee.identity.ins.vocabulary import (
    ATTRIBUTE_CODES,
    BIRTH_PLACE,
    COLLECTION_METHODS,
    COMMUNES,
    COUNTRIES,
    GENDERS,
    GIVEN_NAMES,
    IDENTIFIER_TYPES,
    IDENTITY_STATUSES,
    INSEE_CODE,
    LUNAR_DATE,
    MODES_OF_INS,
    PATIENT,
    PATIENT_INS,
    PROVISIONAL,
    RELIABILITY,
    VALIDATED,
    VALIDATION_MODES,
    Resource,
    extension,
    is_profile,
)

Json = dict[str, Any]
_OWN_EXTENSIONS = (BIRTH_PLACE, RELIABILITY, LUNAR_DATE)
_OWN_PROFILES = (PATIENT, PATIENT_INS)
_BIRTH_USES = ("official", "maiden")


def write_identity(patient: Resource, identity: Identity) -> Json:
    """A new Patient with this identity: names of birth, dates, place, INS, statuses, profile."""
    traits = identity.traits
    written: Json = {**patient, "resourceType": "Patient"}
    written["meta"] = _meta(patient, identity)
    written["extension"] = [
        *(one for one in patient.get("extension", ()) if one.get("url") not in _OWN_EXTENSIONS),
        *_birth_extensions(patient, traits),
        *_reliability(identity),
    ]
    written["identifier"] = _identifiers(patient, identity)
    written["name"] = _names(patient, traits)
    written["gender"] = GENDERS[traits.sex]
    if traits.birth_date:
        written["birthDate"] = traits.birth_date.isoformat()
    return {name: value for name, value in written.items() if value not in ([], {})}


def _meta(patient: Resource, identity: Identity) -> Json:
    meta: Json = dict(patient.get("meta", {}))
    others = [
        one
        for one in meta.get("profile", ())
        if not any(is_profile(one, own) for own in _OWN_PROFILES)
    ]
    own = PATIENT_INS if identity.status is Status.QUAL else PATIENT
    return {**meta, "profile": [own, *others]}


def _birth_extensions(patient: Resource, traits: StrictTraits) -> list[Json]:
    extensions = []
    known = extension(patient, BIRTH_PLACE).get("valueAddress", {})
    if traits.birth_place:
        extensions.append(_birth_place(known, traits.birth_place))
    elif known:
        extensions.append({"url": BIRTH_PLACE, "valueAddress": known})
    if traits.lunar_date:
        extensions.append({"url": LUNAR_DATE, "valueString": traits.lunar_date})
    return extensions


def _birth_place(known: Resource, code: str) -> Json:
    """The address of birth; its town is kept only when it is the town of the code."""
    before = extension(known, INSEE_CODE).get("valueCoding", {})
    system = COUNTRIES if code.startswith(ABROAD) else COMMUNES
    kept = dict(known) if before.get("code") == code else {}
    coding = before if before.get("code") == code else {"system": system, "code": code}
    others = [one for one in kept.get("extension", ()) if one.get("url") != INSEE_CODE]
    kept["extension"] = [*others, {"url": INSEE_CODE, "valueCoding": coding}]
    return {"url": BIRTH_PLACE, "valueAddress": kept}


def _reliability(identity: Identity) -> list[Json]:
    """One extension for the status and its facts, and one for each attribute."""
    proved = identity.status in (Status.VALI, Status.QUAL)
    facts = [_coding("identityStatus", IDENTITY_STATUSES, *(VALIDATED if proved else PROVISIONAL))]
    kind = identity.proof_kind
    if kind and (identity.status is not Status.QUAL or kind in MODES_OF_INS):
        facts.append(_coding("validationMode", VALIDATION_MODES, kind.value))
    if identity.proved_on:
        facts.append({"url": "validationDate", "valueDate": identity.proved_on.isoformat()})
    if identity.method:
        facts.append(_coding("methodCollection", COLLECTION_METHODS, identity.method.value))
    if identity.retrieved_on:
        facts.append({"url": "dateCollection", "valueDate": identity.retrieved_on.isoformat()})
    attributes = [
        [_coding("identityStatus", IDENTITY_STATUSES, *ATTRIBUTE_CODES[attribute])]
        for attribute in sorted(identity.attributes)
    ]
    return [{"url": RELIABILITY, "extension": parts} for parts in (facts, *attributes)]


def _coding(url: str, system: str, code: str, display: str = "") -> Json:
    coding = {"system": system, "code": code}
    return {"url": url, "valueCoding": coding | {"display": display} if display else coding}


def _identifiers(patient: Resource, identity: Identity) -> list[Json]:
    others = [
        dict(one)
        for one in patient.get("identifier", ())
        if not authority_of(str(one.get("system", "")))
    ]
    if not identity.ins:
        return others
    if identity.status is Status.QUAL:  # fr-core-2: the INS is the only official identifier
        others = [
            {**one, "use": "usual"} if one.get("use") == "official" else one for one in others
        ]
    use = "official" if identity.status is Status.QUAL else "secondary"
    former = [_identifier(ins, "old") for ins in identity.former]
    return [_identifier(identity.ins, use), *former, *others]


def _identifier(ins: Ins, use: str) -> Json:
    return {
        "use": use,
        "type": {"coding": [{"system": IDENTIFIER_TYPES, "code": ins.authority.type_code}]},
        "system": ins.authority.uri,
        "value": ins.matricule,
    }


def _names(patient: Resource, traits: StrictTraits) -> list[Json]:
    """The name of birth first, in the alphabet of the INS; the names of use as they were."""
    before = birth_name(patient)
    if before.get("use") == "usual":
        before = {}
    others = [
        dict(name)
        for name in patient.get("name", ())
        if name.get("use") not in (*_BIRTH_USES, None)
    ]
    if not (traits.birth_name or traits.birth_given_names):
        return [dict(name) for name in patient.get("name", ())]
    kept = {part: before[part] for part in ("prefix", "suffix", "period") if part in before}
    lists = [one for one in before.get("extension", ()) if one.get("url") != GIVEN_NAMES]
    if traits.birth_given_names:
        lists.append({"url": GIVEN_NAMES, "valueString": traits.birth_given_names})
    official: Json = {"extension": lists, "use": "official", **kept}
    if traits.birth_name:
        official["family"] = traits.birth_name
    if traits.first_given_name:
        official["given"] = [traits.first_given_name]
    official["text"] = f"{traits.first_given_name} {traits.birth_name}".strip()
    return [{part: value for part, value in official.items() if value}, *others]
