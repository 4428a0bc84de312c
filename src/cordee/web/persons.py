"""A patient's identity as every page says it: banner and rows of a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from cordee.care.record.ports import Resource
from cordee.care.record.traits import IdentityStatus, Traits, homonyms, read_traits
from cordee.runtime import french
from cordee.web.language import gettext as _

UNKNOWN = _("non connu")
_SEXES = {
    "male": _("Masculin"),
    "female": _("Féminin"),
    "other": _("Autre"),
    "unknown": _("Indéterminé"),
}
_STATUSES = {
    IdentityStatus.PROVISIONAL: _("Identité provisoire"),
    IdentityStatus.RETRIEVED: _("Identité récupérée"),
    IdentityStatus.VALIDATED: _("Identité validée"),
    IdentityStatus.QUALIFIED: _("Identité qualifiée"),
}
_REASONS = {
    IdentityStatus.PROVISIONAL: _("identité provisoire"),
    IdentityStatus.RETRIEVED: _("identité récupérée, non vérifiée"),
    IdentityStatus.VALIDATED: _("INS non récupérée"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """The traits of a patient in words, in the order of the banner."""

    patient_id: str
    birth_name: str
    first_name: str
    all_first_names: str
    born_label: str
    born: str
    age: str
    sex: str
    used_name: str
    birth_place: str
    matricule: str
    matricule_reason: str
    status: str
    status_word: str
    is_deceased: bool
    death: str
    town: str
    is_homonym: bool = False

    @property
    def title(self) -> str:
        """`MORVAN Yvonne`, for the title of a window."""
        return f"{self.birth_name} {self.first_name}".strip()


def describe(traits: Traits, today: date, *, is_homonym: bool = False) -> Person:
    """Give the words of one identity; what is not recorded says « non connu »."""
    first = traits.first_names[0] if traits.first_names else ""
    used = " ".join(filter(None, (traits.used_name.upper(), _other_first_name(traits, first))))
    return Person(
        patient_id=traits.patient_id,
        birth_name=traits.birth_name.upper() or _("NOM NON CONNU"),
        first_name=first,
        all_first_names=traits.all_first_names,
        born_label=_by_gender(traits.gender, _("Né le"), _("Née le"), _("Né(e) le")),
        born=french.short_date(traits.birth_date) or UNKNOWN,
        age="" if traits.is_deceased else french.age(traits.birth_date, today),
        sex=_SEXES.get(traits.gender, UNKNOWN),
        used_name=used,
        birth_place=_place(traits),
        matricule=french.matricule(traits.shown_matricule),
        matricule_reason=_REASONS.get(traits.status, UNKNOWN),
        status="douteuse" if traits.doubt else str(traits.status),
        status_word=", ".join(filter(None, (_STATUSES[traits.status], _(traits.doubt)))),
        is_deceased=traits.is_deceased,
        death=_death(traits),
        town=traits.town,
        is_homonym=is_homonym,
    )


def describe_list(patients: Iterable[Resource], today: date) -> tuple[Person, ...]:
    """Give the words of a list of patients; close identities are marked on both rows."""
    traits = [read_traits(patient) for patient in patients]
    close = homonyms(traits)
    return tuple(describe(one, today, is_homonym=one.patient_id in close) for one in traits)


def _other_first_name(traits: Traits, first: str) -> str:
    return traits.used_first_name if traits.used_first_name.casefold() != first.casefold() else ""


def _by_gender(gender: str, male: str, female: str, other: str) -> str:
    return {"male": male, "female": female}.get(gender, other)


def _place(traits: Traits) -> str:
    if not traits.birth_place:
        return traits.birth_place_code or UNKNOWN
    code = f" ({traits.birth_place_code})" if traits.birth_place_code else ""
    return traits.birth_place + code


def _death(traits: Traits) -> str:
    if not traits.is_deceased:
        return ""
    word = _by_gender(traits.gender, _("décédé"), _("décédée"), _("décédé(e)"))
    if not traits.death:
        return _("%s, date non connue") % word
    moment, _precision = french.parse_moment(traits.death)
    text = _("%(word)s le %(day)s") % {"word": word, "day": french.short_date(traits.death)}
    years = french.age(traits.birth_date, moment) if moment else ""
    return _("%(text)s, à %(years)s") % {"text": text, "years": years} if years else text
