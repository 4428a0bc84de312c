"""A person as matching sees one: traits of any quality, empty text for what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cordee.identity.ins.matricule import authority_of, is_matricule
from cordee.identity.ins.patient_reading import birth_name, read_traits
from cordee.identity.ins.vocabulary import SEXES
from cordee.identity.matching.sounds import sound
from cordee.identity.matching.spelling import core, letters, plain, words

_DIGITS = str.maketrans("", "", "-/. ")
_YEAR, _WHOLE = 4, 8


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """The traits of one file. `birth_date` is AAAA-MM-JJ, as precise as it is known.

    `contact` is a phone number or an e-mail address; `street` and `town` are those of the home.
    """

    birth_name: str = ""
    used_name: str = ""
    given_names: str = ""
    birth_date: str = ""
    sex: str = ""
    birth_place: str = ""
    matricule: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """The same person in the forms that are compared; each is a column in a batch."""

    family: str
    family_core: str
    family_words: tuple[str, ...]
    family_sound: str
    used: str
    given: str
    given_words: tuple[str, ...]
    given_sound: str
    birth: str  # eight figures, zeros for the parts that are not known
    sex: str
    place: str
    ins: str
    ins_sound: str  # "1" when the key is right: then it was not mistyped
    street: str
    postcode: str
    town: str
    contact: str


def prepare(person: Person) -> Prepared:
    """The forms of a person that the levels compare."""
    family = letters(person.birth_name) or letters(person.used_name)
    family_name = person.birth_name if letters(person.birth_name) else person.used_name
    used = letters(person.used_name)
    first = person.given_names.strip().split(" ", maxsplit=1)[0]
    return Prepared(
        family=family,
        family_core=core(family_name),
        family_words=tuple(word for word in words(family_name) if len(word) > 2),  # noqa: PLR2004 - no particle
        family_sound=sound(core(family_name)),
        used=used if used != family else "",
        given=letters(first),
        given_words=words(person.given_names),
        given_sound=sound(first),
        birth=_figures(person.birth_date),
        sex=person.sex,
        place=person.birth_place,
        ins=person.matricule,
        ins_sound="1" if is_matricule(person.matricule) else "",
        street=plain(person.street),
        postcode=person.postcode.strip(),
        town=letters(person.town),
        contact=_contact(person.contact),
    )


def read_person(patient: Mapping[str, Any]) -> Person:
    """The traits of a FHIR Patient as matching sees them, trusted or not."""
    traits = read_traits(patient)
    name = birth_name(patient)
    usual = next((one for one in patient.get("name", ()) if one.get("use") == "usual"), {})
    official = next((one for one in patient.get("name", ()) if one.get("use") == "official"), {})
    address = next(iter(patient.get("address", ())), {})
    family = str(usual.get("family") or official.get("family", ""))
    return Person(
        birth_name=str(name.get("family", "")),
        used_name=family if letters(family) != traits.birth_name else "",
        given_names=traits.birth_given_names,
        birth_date=str(patient.get("birthDate", "")),
        sex=SEXES[patient["gender"]].value if patient.get("gender") in ("male", "female") else "",
        birth_place=traits.birth_place,
        matricule=_matricule(patient),
        street=" ".join(address.get("line", ())),
        postcode=str(address.get("postalCode", "")),
        town=str(address.get("city", "")),
        contact=_first_contact(patient),
    )


def _figures(birth_date: str) -> str:
    """Eight figures of a date, zeros for an unknown month or day; empty without a year."""
    digits = birth_date.translate(_DIGITS)
    if not (digits.isascii() and digits.isdigit()) or len(digits) < _YEAR:
        return ""
    return digits[:_WHOLE].ljust(_WHOLE, "0")


def _contact(text: str) -> str:
    """A phone number in its last nine figures, an address in small letters."""
    if "@" in text:
        return text.strip().casefold()
    digits = "".join(sign for sign in text if sign.isdigit())
    return digits[-9:]


def _matricule(patient: Mapping[str, Any]) -> str:
    for identifier in patient.get("identifier", ()):
        if identifier.get("use") != "old" and authority_of(str(identifier.get("system", ""))):
            return str(identifier.get("value", ""))
    return ""


def _first_contact(patient: Mapping[str, Any]) -> str:
    contacts = [
        str(one.get("value", ""))
        for kind in ("phone", "email")
        for one in patient.get("telecom", ())
        if one.get("system") == kind
    ]
    return contacts[0] if contacts else ""
