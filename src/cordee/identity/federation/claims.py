"""Who somebody is, from the claims of a provider, and how strongly they have shown it.

The claims of Pro Santé Connect are those of its public documentation (`scope_all`): `SubjectNameID`
is the national identifier (RPPS), `SubjectRefPro.exercices` the professions, each with its
activities, of which each is a place of work. See docs/decisions/0031.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from cordee.identity.federation.providers import CITIZEN, HOSPITAL, PSC, Provider
from cordee.identity.ins.alphabet import strict_name
from cordee.identity.ins.traits import Sex, StrictTraits

_RPPS: Final = re.compile(r"[0-9A-Z]{8,32}")
_LONGEST: Final = 200
_FACTORS: Final = {  # RFC 8176: what each says that the person has, knows or is
    "pwd": "knows", "pin": "knows", "kba": "knows",
    "otp": "has", "hwk": "has", "swk": "has", "sc": "has", "sms": "has", "pop": "has",
    "fpt": "is", "face": "is", "iris": "is", "vbm": "is", "retina": "is",
}  # fmt: skip
ROLES: Final = {
    "10": "médecin", "21": "pharmacien", "26": "audioprothésiste", "28": "opticien-lunetier",
    "35": "aide-soignant", "40": "chirurgien-dentiste", "50": "sage-femme", "60": "infirmier",
    "69": "infirmier psychiatrique", "70": "masseur-kinésithérapeute", "80": "pédicure-podologue",
    "81": "orthoprothésiste", "86": "technicien de laboratoire", "91": "orthophoniste",
    "92": "orthoptiste", "93": "psychologue", "94": "ergothérapeute", "95": "diététicien",
    "96": "psychomotricien", "98": "manipulateur ERM",
}  # fmt: skip
"""French words of the professions of TRE_G15 that enter; another one stands by its code."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One situation d'exercice: a profession in a place, by the numbers that name the place."""

    profession: str
    know_how: str
    finess: str
    siret: str
    technical: str
    name: str

    @property
    def role(self) -> str:
        """The profession in French words."""
        return ROLES.get(self.profession, f"profession {self.profession}")

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers of the place, the surest first."""
        return tuple(one for one in (self.finess, self.siret, self.technical) if one)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a provider says of somebody, checked.

    `number` is the RPPS, or the local identifier at a hospital; empty for a citizen.
    """

    subject: str
    number: str
    name: str
    profession: str
    activities: Sequence[Activity]
    acr: str
    amr: tuple[str, ...]
    session: str
    level: int
    pivot: StrictTraits | None = None
    """The traits of a citizen, when the provider gives all five of the INS."""


def read_claims(provider: Provider, claims: Mapping[str, Any]) -> Shown:
    """What the claims of a verified id_token and userinfo say; raises `ValueError`."""
    subject = _text(claims.get("sub"))
    if not subject:
        raise ValueError("sub: it is needed")
    acr = _text(claims.get("acr"))
    amr = tuple(one for one in _list(claims.get("amr")) if isinstance(one, str))[:10]
    number, activities = "", ()
    if provider.kind == PSC:
        number = _text(claims.get("SubjectNameID"))
        if not _RPPS.fullmatch(number):
            raise ValueError("SubjectNameID: a national identifier is needed")
        activities = tuple(_activities(claims.get("SubjectRefPro")))
    elif provider.kind == HOSPITAL:
        number = _text(claims.get(provider.local_claim))
        if not number:
            raise ValueError(f"{provider.local_claim}: the local identifier is needed")
    words = (_text(claims.get("given_name")), _text(claims.get("family_name")))
    return Shown(
        subject=subject,
        number=number,
        name=" ".join(one for one in words if one) or _text(claims.get("name")),
        profession=activities[0].profession if activities else _first_role(claims),
        activities=activities,
        acr=acr,
        amr=amr,
        session=_text(claims.get("sid")),
        level=level_of(provider, acr, amr),
        pivot=_pivot(claims) if provider.kind == CITIZEN else None,
    )


def level_of(provider: Provider, acr: str, amr: Sequence[str]) -> int:
    """Two when two factors were shown: by the acr that say so, or by what the amr are.

    Pro Santé Connect and citizen providers are believed by their acr alone.
    """
    if acr and acr in provider.strong_acr:
        return 2
    if provider.kind in {PSC, CITIZEN}:
        return 1
    kinds = {_FACTORS[one] for one in amr if one in _FACTORS}
    return 2 if "mfa" in amr or len(kinds) > 1 else 1


def rpps_claim(claims: Mapping[str, Any]) -> str:
    """The RPPS that a hospital's provider says itself, empty where it says none."""
    number = _text(claims.get("rpps") or claims.get("SubjectNameID"))
    return number if _RPPS.fullmatch(number) else ""


def _pivot(claims: Mapping[str, Any]) -> StrictTraits | None:
    """The « identité pivot » of FranceConnect, in the alphabet of the INS.

    Source: docs.partenaires.franceconnect.gouv.fr, scope `identite_pivot`: `birthplace` is a COG
    code, empty for who was born abroad, whose `birthcountry` then stands for it.
    """
    try:
        born = date.fromisoformat(_text(claims.get("birthdate")))
    except ValueError:
        return None
    given = strict_name(_text(claims.get("given_name")))
    sex = {"female": Sex.FEMALE, "male": Sex.MALE}.get(_text(claims.get("gender")), Sex.UNKNOWN)
    found = StrictTraits(
        birth_name=strict_name(_text(claims.get("family_name"))),
        first_given_name=given.split(" ", maxsplit=1)[0],
        birth_given_names=given,
        birth_date=born,
        sex=sex,
        birth_place=_text(claims.get("birthplace")) or _text(claims.get("birthcountry")),
    )
    return found if found.is_complete else None


def _activities(reference: Any) -> list[Activity]:
    found = []
    practices = reference.get("exercices") if isinstance(reference, dict) else None
    for practice in _list(practices):
        if not isinstance(practice, dict):
            continue
        profession = _text(practice.get("codeProfession"))
        know_how = _text(practice.get("codeSavoirFaire"))
        found += [
            Activity(
                profession,
                know_how,
                _text(place.get("numeroFinessSite")),
                _text(place.get("numeroSiretSite")),
                _text(place.get("identifiantTechniqueDeLaStructure")),
                _text(place.get("raisonSocialeSite")),
            )
            for place in _list(practice.get("activities"))
            if isinstance(place, dict)
        ]
    return found[:50]


def _first_role(claims: Mapping[str, Any]) -> str:
    """The code of `SubjectRole`, which is written `code^OID`."""
    roles = [one for one in _list(claims.get("SubjectRole")) if isinstance(one, str)]
    return roles[0].partition("^")[0][:20] if roles else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value.strip()[:_LONGEST] if isinstance(value, str) else ""
