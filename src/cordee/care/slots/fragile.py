"""The fragile persons whom members of a CPTS have in common, as far as the reader sees them. B6.9.

Each search goes through the guard: who is not in the reader's circles is not in the list, nor
counted. What is masked to the reader counts for nothing either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from cordee.care.assessments.questionnaires import SCORES
from cordee.care.caseload.desk import person_name
from cordee.care.plans.vocabulary import PPCS, category_of
from cordee.care.slots.publishing import Community
from cordee.care.store import Resource, Store
from cordee.care.workflow.tasks import party
from cordee.identity.principal import Principal

AGE: Final = 75
TREATMENTS: Final = 5
SCORE: Final = "criteres"
THRESHOLD: Final = 4
TOGETHER: Final = 2
SEEN_WITHIN: Final = timedelta(days=365)
STAY_WITHIN: Final = timedelta(days=183)
RULE: Final = (
    f"Suivie par {TOGETHER} membres de la CPTS au moins (contact ou rendez-vous en douze mois, "
    f"médecin traitant, cercle de soins), {AGE} ans ou plus, et l’un de ces signes : une "
    f"hospitalisation ou un passage aux urgences en six mois, {TREATMENTS} traitements en cours ou "
    f"plus, une grille de repérage à {THRESHOLD} critères ou plus. Seules les personnes dont le "
    "dossier vous est ouvert sont montrées, 200 au plus, avec les signes que vous pouvez lire."
)
"""The whole rule, as the page says it; the constants above are what it computes with."""
STAY, DRUGS, SPOTTED = "stay", "drugs", "spotted"
MOST: Final = 500
_PEOPLE: Final = 200
_STAYS: Final = frozenset({"IMP", "ACUTE", "NONAC", "SS", "EMER"})


@dataclass(frozen=True, slots=True)
class Fragile:
    """One person: who sees them of the CPTS, by which signs they are fragile, whether planned."""

    patient: Resource
    members: tuple[str, ...]
    signs: tuple[str, ...]
    drugs: int
    has_plan: bool


class FragilePersons:
    """The common lists of one installation."""

    def __init__(self, store: Store) -> None:
        """`store` reads through the guard."""
        self._store = store

    async def of(
        self, principal: Principal, communities: Sequence[Community], now: datetime
    ) -> list[Fragile]:
        """Who is fragile and seen by two members, most signs first; 200 are looked at."""
        names = await self._members(principal, communities)
        seen = await self._seen(principal, names, now)
        together = [one for one, by in seen.items() if len(by) >= TOGETHER]
        if not together:
            return []
        born = _years_before(now.date(), AGE)
        keys = ",".join(one.removeprefix("Patient/") for one in sorted(together)[:MOST])
        query = f"_id={keys}&birthdate=le{born}&_count={_PEOPLE}"
        rows = await self._store.search(principal, "Patient", query)
        old = {f"Patient/{one['id']}": one for one in rows if not one.get("deceasedDateTime")}
        if not old:
            return []
        stays, drugs, scores, plans = await self._around(principal, sorted(old), now)
        found = [
            Fragile(
                patient,
                tuple(sorted(names[one] for one in seen[key])),
                signs_of(stays.get(key, ()), drugs.get(key, ()), scores.get(key, ())),
                len(_drugs(drugs.get(key, ()))),
                key in plans,
            )
            for key, patient in old.items()
        ]
        return sorted(
            (one for one in found if one.signs), key=lambda one: (-len(one.signs), _born(one))
        )

    async def _members(
        self, principal: Principal, communities: Sequence[Community]
    ) -> dict[str, str]:
        places = ",".join(one.structure for one in communities)
        query = (
            f"organization={places}&active=true&_count=200&_include=PractitionerRole:practitioner"
        )
        rows = await self._store.search(principal, "PractitionerRole", query)
        return {
            f"Practitioner/{one['id']}": person_name(one)
            for one in rows
            if one["resourceType"] == "Practitioner"
        }

    async def _seen(
        self, principal: Principal, members: Mapping[str, str], now: datetime
    ) -> dict[str, set[str]]:
        """Which members each person has, by reference."""
        if not members:
            return {}
        who, since = ",".join(members), (now - SEEN_WITHIN).date()
        contacts, meetings, patients, teams = await asyncio.gather(
            self._store.search(
                principal, "Encounter",
                f"participant={who}&date=ge{since}&_sort=-date&_count={MOST}",
            ),
            self._store.search(
                principal, "Appointment",
                f"actor={who}&status=booked,arrived,fulfilled&date=ge{since}&_count={MOST}",
            ),
            self._store.search(principal, "Patient", f"general-practitioner={who}&_count={MOST}"),
            self._store.search(
                principal, "CareTeam", f"participant={who}&status=active&_count={MOST}"
            ),
        )  # fmt: skip
        pairs = [
            (party(one, "subject"), party(each, "individual"))
            for one in contacts
            for each in one.get("participant", ())
        ]
        pairs += [
            (actor, party(each, "actor"))
            for one in meetings
            for actor in (party(member, "actor") for member in one.get("participant", ()))
            for each in one.get("participant", ())
            if actor.startswith("Patient/")
        ]
        pairs += [
            (f"Patient/{one['id']}", str(each.get("reference", "")))
            for one in patients
            for each in one.get("generalPractitioner", ())
        ]
        pairs += [
            (party(one, "subject"), party(each, "member"))
            for one in teams
            for each in one.get("participant", ())
        ]
        found: dict[str, set[str]] = {}
        for person, member in pairs:
            if person and member in members:
                found.setdefault(person, set()).add(member)
        return found

    async def _around(
        self, principal: Principal, people: Sequence[str], now: datetime
    ) -> tuple[
        Mapping[str, Sequence[Resource]],
        Mapping[str, Sequence[Resource]],
        Mapping[str, Sequence[Resource]],
        Mapping[str, Sequence[Resource]],
    ]:
        """Stays, treatments, spotting grids and plans of these persons."""
        whose, since = f"patient={','.join(people)}", (now - STAY_WITHIN).date()
        classes = ",".join(sorted(_STAYS))
        asked = (
            ("Encounter", f"{whose}&class={classes}&date=ge{since}&_count={MOST}"),
            ("MedicationRequest", f"{whose}&status=active&_count={MOST * 2}"),
            ("Observation", f"{whose}&code={SCORES}|{SCORE}&_sort=-date&_count={MOST}"),
            ("CarePlan", f"{whose}&status=active,draft&_count={MOST}"),
        )
        rows = await asyncio.gather(
            *(self._store.search(principal, kind, criteria) for kind, criteria in asked)
        )
        stays, drugs, scores, plans = (_by_patient(one) for one in rows)
        plans = {key: ones for key, ones in plans.items() if any(map(_is_common, ones))}
        return stays, drugs, scores, plans


def signs_of(
    stays: Sequence[Resource], drugs: Sequence[Resource], scores: Sequence[Resource]
) -> tuple[str, ...]:
    """The signs of fragility of one person; the newest spotting grid comes first."""
    found: list[str] = [STAY] if stays else []
    if len(_drugs(drugs)) >= TREATMENTS:
        found.append(DRUGS)
    if scores and int(scores[0].get("valueInteger", 0)) >= THRESHOLD:
        found.append(SPOTTED)
    return tuple(found)


def _drugs(requests: Iterable[Resource]) -> set[str]:
    """Treatments that differ: the same one prescribed anew is one."""
    return {
        party(one, "medicationReference")
        or next(
            (str(each["code"]) for each in _concept(one).get("coding", ()) if each.get("code")),
            str(_concept(one).get("text", one.get("id", ""))),
        )
        for one in requests
    }


def _concept(request: Resource) -> Mapping[str, list[Mapping[str, str]]]:
    return request.get("medicationCodeableConcept") or {}


def _by_patient(rows: Sequence[Resource]) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for one in rows:
        found.setdefault(party(one, "subject"), []).append(one)
    return found


def _is_common(plan: Resource) -> bool:
    return category_of(plan) == PPCS


def _born(one: Fragile) -> str:
    return str(one.patient.get("birthDate", ""))


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
