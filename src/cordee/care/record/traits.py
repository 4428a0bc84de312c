"""Who the patient is: the identity traits of a Patient resource.

Rules: RNIV 1 (strict traits, statuses); FR Core 2.2.0, `fr-core-patient-ins`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cordee.care.record.ports import Resource
from cordee.care.record.query import plain

_FR_CORE = "https://hl7.fr/ig/fhir/core/StructureDefinition/"
_BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
_INS_ROOT = "urn:oid:1.2.250.1.213.1.4."
SHARED_DATE_PARTS = 2  # of day, month, year: two dates that an eye could confuse
SWAPPED = 2  # letters exchanged
_INS_ARCS = ("8", "9", "10", "11")  # NIR, NIA, NIR of tests, NIR of demonstrations


class IdentityStatus(StrEnum):
    """The four statuses of an identity (RNIV 1, EXI SI 07)."""

    PROVISIONAL = "provisoire"
    RETRIEVED = "recuperee"
    VALIDATED = "validee"
    QUALIFIED = "qualifiee"


@dataclass(frozen=True, slots=True)
class Traits:
    """The identity of one patient, as recorded; empty text means not known."""

    patient_id: str
    birth_name: str
    first_names: tuple[str, ...]
    all_first_names: str
    used_name: str
    used_first_name: str
    birth_date: str
    gender: str  # male, female, other, unknown
    birth_place: str
    birth_place_code: str
    matricule: str
    status: IdentityStatus
    doubt: str  # "douteuse", "fictive" or ""
    is_deceased: bool
    death: str
    town: str
    phone: str

    @property
    def shown_matricule(self) -> str:
        """The matricule where it may be shown: only with a qualified identity (EXI SI 08)."""
        return self.matricule if self.status is IdentityStatus.QUALIFIED else ""


def read_traits(patient: Resource) -> Traits:
    """Give the traits of a Patient resource; absent elements give empty text."""
    official = _name(patient, ("official", "maiden")) or _name(patient, ("usual", None)) or {}
    usual = _name(patient, ("usual", "nickname"))
    birth_family = _maiden(patient) or str(official.get("family", ""))
    place = _extension(patient, _BIRTH_PLACE).get("valueAddress", {})
    matricule = _matricule(patient)
    status, doubt = _status(patient, matricule)
    death = str(patient.get("deceasedDateTime", ""))
    address = next(iter(patient.get("address", ())), {})
    used = usual if usual is not official else None
    return Traits(
        patient_id=str(patient.get("id", "")),
        birth_name=birth_family,
        first_names=tuple(official.get("given", ())),
        all_first_names=_birth_first_names(official),
        used_name=_used_family(patient, used, birth_family),
        used_first_name=" ".join((used or {}).get("given", ())[:1]),
        birth_date=str(patient.get("birthDate", "")),
        gender=str(patient.get("gender", "unknown")),
        birth_place=str(place.get("city") or place.get("text") or place.get("country", "")),
        birth_place_code=_place_code(place),
        matricule=matricule,
        status=status,
        doubt=doubt,
        is_deceased=bool(death) or patient.get("deceasedBoolean") is True,
        death=death,
        town=str(address.get("city", "")),
        phone=_phone(patient),
    )


def are_close(one: Traits, other: Traits) -> bool:
    """Two identities that an eye could take for one another.

    Same date of birth and nearly the same name, or same names and nearly the same date.
    """
    if one.patient_id == other.patient_id:
        return False
    names = _distance(plain(one.birth_name), plain(other.birth_name))
    first = _first(one) == _first(other)
    if one.birth_date and one.birth_date == other.birth_date:
        return names <= 1 or (first and plain(one.birth_name)[:3] == plain(other.birth_name)[:3])
    return (
        names == 0
        and first
        and _date_parts_shared(one.birth_date, other.birth_date) >= SHARED_DATE_PARTS
    )


def homonyms(traits: Sequence[Traits]) -> frozenset[str]:
    """Find the identifiers of the patients of a list that are close to another one of it."""
    close = set()
    for index, one in enumerate(traits):
        for other in traits[index + 1 :]:
            if are_close(one, other):
                close |= {one.patient_id, other.patient_id}
    return frozenset(close)


def _status(patient: Resource, matricule: str) -> tuple[IdentityStatus, str]:
    """Status and doubt; a doubtful or fictive identity is provisional (EXI SI 09)."""
    codes = {
        part.get("valueCoding", {}).get("code", "")
        for extension in patient.get("extension", ())
        if extension.get("url") == _FR_CORE + "fr-core-identity-reliability"
        for part in extension.get("extension", ())
        if part.get("url") == "identityStatus"
    }
    for code, doubt in (("DOUT", "douteuse"), ("FICT", "fictive")):
        if code in codes:
            return IdentityStatus.PROVISIONAL, doubt
    if "QUAL" in codes or ("VALI" in codes and matricule):
        return IdentityStatus.QUALIFIED, ""
    if "VALI" in codes:
        return IdentityStatus.VALIDATED, ""
    if matricule or "RECUP" in codes:
        return IdentityStatus.RETRIEVED, ""
    return IdentityStatus.PROVISIONAL, ""


def _name(patient: Resource, uses: tuple[str | None, ...]) -> Mapping | None:
    for use in uses:
        for name in patient.get("name", ()):
            if name.get("use") == use:
                return name
    return None


def _maiden(patient: Resource) -> str:
    return str((_name(patient, ("maiden",)) or {}).get("family", ""))


def _used_family(patient: Resource, used: Mapping | None, birth_family: str) -> str:
    if used:
        family = str(used.get("family", ""))
    elif _maiden(patient):
        family = str((_name(patient, ("official",)) or {}).get("family", ""))
    else:
        family = ""
    return family if plain(family) != plain(birth_family) else ""


def _birth_first_names(name: Mapping) -> str:
    url = _FR_CORE + "fr-core-patient-birth-list-given-name"
    return str(_extension(name, url).get("valueString") or " ".join(name.get("given", ())))


def _extension(element: Mapping, url: str) -> Mapping:
    return next((e for e in element.get("extension", ()) if e.get("url") == url), {})


def _place_code(place: Mapping) -> str:
    coding = _extension(place, _FR_CORE + "fr-core-address-insee-code").get("valueCoding", {})
    return str(coding.get("code") or place.get("postalCode", ""))


def _matricule(patient: Resource) -> str:
    for identifier in patient.get("identifier", ()):
        system = str(identifier.get("system", ""))
        if system.startswith(_INS_ROOT) and system.removeprefix(_INS_ROOT) in _INS_ARCS:
            return str(identifier.get("value", ""))
    return ""


def _phone(patient: Resource) -> str:
    phones = (t for t in patient.get("telecom", ()) if t.get("system") == "phone")
    return str(next(phones, {}).get("value", ""))


def _first(traits: Traits) -> str:
    return plain(traits.first_names[0]) if traits.first_names else ""


def _date_parts_shared(one: str, other: str) -> int:
    return sum(a == b for a, b in zip(one.split("-"), other.split("-"), strict=False))


def _distance(one: str, other: str) -> int:
    """Edits between two names, counted up to 2."""
    if one == other:
        return 0
    if abs(len(one) - len(other)) > 1:
        return 2
    if len(one) == len(other):
        wrong = [i for i in range(len(one)) if one[i] != other[i]]
        swapped = len(wrong) == SWAPPED and wrong[1] == wrong[0] + 1
        swapped = swapped and one[wrong[0]] == other[wrong[1]] and one[wrong[1]] == other[wrong[0]]
        return 1 if len(wrong) == 1 or swapped else 2
    short, long = sorted((one, other), key=len)
    return 1 if any(long[:i] + long[i + 1 :] == short for i in range(len(long))) else 2
