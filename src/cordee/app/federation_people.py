"""The people of the demonstration as identity providers know them, and as accounts here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cordee.app.accounts import entity_of, sees_records
from cordee.app.region.accounts import DEMO_ACCOUNTS, DemoAccount
from cordee.app.region.members import Member, member
from cordee.app.region.registers import rpps
from cordee.app.region.sites import site
from cordee.app.wiring import Parts
from cordee.identity.accounts.sealing import Sealer
from cordee.identity.federation.providers import CITIZEN, HOSPITAL, PSC, Provider, Providers
from cordee.runtime.keys import secret

PREFIX: Final = "/emulateur/"
CLIENT: Final = "cordee"
HOSPITAL_PLACE: Final = "chu-aubrey"
NAMES: Final = {
    PSC: "Pro Santé Connect",
    HOSPITAL: "CHU d’Aubrey",
    CITIZEN: "FranceConnect",
}
_ADD_ACCOUNT = """
INSERT INTO account (login, name, rpps) VALUES ($1, $2, $3)
ON CONFLICT (login) DO UPDATE SET rpps = coalesce(account.rpps, $3) RETURNING id
"""
_ADD_SITUATION = """
INSERT INTO situation (account, role, profession, structure, structure_name, practitioner,
  sees_records, functions)
SELECT $1, $2, $3, $4, $5, $6, $7, $8
WHERE NOT EXISTS (SELECT FROM situation WHERE account = $1)
"""
_ADD_AGENT = """
INSERT INTO agent (structure, local_id, name, source, rpps, mie, level, status, account)
VALUES ($1, $2, $3, 'RH', $4, CASE WHEN $4::text IS NULL THEN 'compte et code' ELSE 'e-CPS' END, 2,
  'linked', $5) ON CONFLICT DO NOTHING
"""
_ADD_WAITING = """
INSERT INTO agent (structure, local_id, name, source) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
"""
_LINK = """
INSERT INTO federated_identity (provider, subject, account) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """Somebody whom an emulated provider can name: what it says of them."""

    user: str
    name: str
    detail: str
    claims: Mapping[str, Any]


@lru_cache(maxsize=4)
def people(kind: str) -> dict[str, Shown]:
    """Whom an emulated provider of this kind knows, by the login of the demonstration."""
    every = {one.user: _shown(kind, one) for one in DEMO_ACCOUNTS}
    found = {user: shown for user, shown in every.items() if shown is not None}
    if kind == PSC:
        found["inconnue"] = _stranger()
    return found


def number_of(account: DemoAccount) -> str:
    """The RPPS of an account, empty for who has none."""
    if not account.practitioner_id or not account.profession.isdecimal():
        return ""
    return rpps(member(account.practitioner_id).number)


def client_secret(parts: Parts, kind: str) -> str:
    """The secret that an emulated provider and this installation share."""
    return secret(parts.settings.keys, f"emulator-{kind}.key").hex()


_WAITING: Final = (
    ("mlopez", "Maria Lopez", "interne"),
    ("jdurand", "Jules Durand", "intérimaire"),
)


async def prepare(parts: Parts) -> None:
    """Adds the emulated providers, and the people of the demonstration as accounts; repeatable."""
    base = parts.kernel.base.removesuffix("/fhir")
    providers = Providers(parts.database, Sealer(parts.settings.keys))
    for kind, label in NAMES.items():
        structure = f"Organization/{HOSPITAL_PLACE}" if kind == HOSPITAL else ""
        claim = "preferred_username" if kind == HOSPITAL else "sub"
        await providers.add(
            Provider(
                kind, kind, label, f"{base}{PREFIX}{kind}", CLIENT, client_secret(parts, kind),
                structure=structure, local_claim=claim,
            )
        )  # fmt: skip
    async with parts.database.transaction() as connection:
        for local_id, name, source in _WAITING:
            await connection.execute(
                _ADD_WAITING, f"Organization/{HOSPITAL_PLACE}", local_id, name, f"RH, {source}"
            )
        for one in DEMO_ACCOUNTS:
            place = site(one.structure_id)
            number = number_of(one)
            account = await connection.fetchval(_ADD_ACCOUNT, one.user, one.name, number or None)
            profession = one.profession if one.profession.isdecimal() else ""
            await connection.execute(
                _ADD_SITUATION, account, one.role, profession, f"Organization/{place.identity}",
                place.name, entity_of(one), sees_records(one), list(one.functions),
            )  # fmt: skip
            if one.user in people(HOSPITAL):
                await connection.execute(
                    _ADD_AGENT, f"Organization/{HOSPITAL_PLACE}", one.user, one.name,
                    number or None, account,
                )  # fmt: skip
            if one.user in people(CITIZEN):
                await connection.execute(_LINK, CITIZEN, f"{CITIZEN}:{one.user}", account)


def _shown(kind: str, one: DemoAccount) -> Shown | None:
    if kind == PSC and number_of(one):
        who = member(one.practitioner_id or "")
        places = [_activity(name) for name in who.structures if site(name).finess]
        claims = _national(who, rpps(who.number), places)
        return Shown(one.user, one.name, f"{one.role}, RPPS {rpps(who.number)}", claims)
    if kind == HOSPITAL and one.structure_id.startswith(HOSPITAL_PLACE):
        claims = {"preferred_username": one.user, "name": one.name}
        return Shown(one.user, one.name, one.role, claims)
    if kind == CITIZEN and one.patient_id and not one.related_person_id:
        given, _, family = one.name.partition(" ")
        return Shown(one.user, one.name, one.role, {"given_name": given, "family_name": family})
    return None


def _stranger() -> Shown:
    who = Member("", "", "Camille", "Inconnue", "60", "infirmière", (), 999_999)
    claims = _national(who, rpps(who.number), [])
    return Shown("inconnue", who.name, f"infirmière, RPPS {rpps(who.number)}, sans compte", claims)


def _national(who: Member, number: str, places: list[dict[str, str]]) -> dict[str, Any]:
    """Claims of `scope_all`, as the public documentation of Pro Santé Connect has them."""
    practice = {
        "codeProfession": who.profession,
        "codeCategorieProfessionnelle": "C",
        "codeSavoirFaire": "",
        "nomDexercice": who.family,
        "prenomDexercice": who.given,
        "activities": places,
    }
    return {
        "given_name": who.given,
        "family_name": who.family,
        "preferred_username": number,
        "SubjectNameID": number,
        "SubjectRole": [f"{who.profession}^1.2.250.1.213.1.1.5.5"],
        "SubjectRefPro": {"exercices": [practice]},
        "Palier_Authentification": "APPPRIP3^1.2.250.1.213.1.5.1.1.1",
    }


def _activity(name: str) -> dict[str, str]:
    place = site(name)
    return {
        "codeModeExercice": "S",
        "codeSecteurDactivite": "SA01",
        "numeroFinessSite": place.finess,
        "numeroSiretSite": "",
        "identifiantTechniqueDeLaStructure": f"F{place.finess}",
        "raisonSocialeSite": place.name,
    }
