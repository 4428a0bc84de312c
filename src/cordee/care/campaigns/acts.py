"""An act of a campaign entered in a record: by who is with the person, walk-ins too. G3.5, G3.6.

It is an Observation, a Procedure or an Immunization like any other: what the campaign counts is
found in the record, not beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from cordee.care.campaigns.campaign import Campaign
from cordee.care.campaigns.capturing import Capture
from cordee.care.campaigns.kits import Act
from cordee.care.campaigns.register import QUERIES, Register
from cordee.care.campaigns.targeting import Targeting
from cordee.care.circle.territory import county_of
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.forms import Forms
from cordee.identity.principal import PATIENT, Principal
from cordee.runtime.clock import instant
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, Conflict, RuleBroken

_UCUM: Final = "http://unitsofmeasure.org"
_OUTCOME: Final = "https://cordee.example/fhir/CodeSystem/exam-outcome"
_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
SCORE: Final = "{score}"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is entered: the code of the act, a value with its unit or an outcome, what they agree.

    `agrees`: that the DAC calls them where nobody else does in time.
    """

    act: str
    value: str = ""
    unit: str = ""
    outcome: str = ""
    agrees: bool = False


class Acts:
    """Acts entered by people at work."""

    def __init__(
        self, database: Database, store: Store, register: Register, targeting: Targeting,
        capture: Capture,
    ) -> None:  # fmt: skip
        """`store` writes through the guard."""
        self._database = database
        self._store = store
        self._register = register
        self._targeting = targeting
        self._capture = capture
        self._forms = Forms(database)

    async def of_patient(
        self, principal: Principal, patient: str
    ) -> tuple[Resource, list[Mapping[str, Any]], list[Campaign]]:
        """A person, their lines in campaigns, the campaigns that are open where they live.

        Raises what the guard does for whose record is not open.
        """
        person = await self._store.read(principal, "Patient", patient)
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["of_patient"], f"Patient/{patient}")
        home = county_of(person)
        running = [one for one in await self._register.all() if one.is_open and home in one.active]
        return person, list(rows), running

    async def enter(
        self, principal: Principal, patient: str, told: tuple[Campaign, Entry, str], at: datetime
    ) -> str:
        """Writes an act in the record of a person; the same form sent again is one.

        Who was not listed is a walk-in. Raises `RuleBroken` with the field, `Conflict`.
        """
        campaign, entry, number = told
        if not campaign.is_open:
            raise Conflict("Cette campagne n’est pas lancée, ou elle est close.")
        if principal.role == PATIENT or not principal.practitioner.startswith("Practitioner/"):
            raise AccessDenied("acts are entered by professionals")
        person = await self._store.read(principal, "Patient", patient)
        if county_of(person) not in campaign.active:
            raise RuleBroken("Cette personne vit dans un territoire qui ne participe pas.")
        resource = made(campaign.kit.act(entry.act), entry, (patient, principal, at))

        async def write(also: Also) -> str:
            return (await self._store.write(principal, [Write(resource)], also))[0].id

        key = await self._forms.once(number, write)
        await self._joined(campaign, person, principal, at)
        await self._say_agrees(campaign, patient, agrees=entry.agrees)
        await self._capture.harvest(campaign, [f"Patient/{patient}"], at)
        return key

    async def _joined(
        self, campaign: Campaign, person: Resource, principal: Principal, at: datetime
    ) -> None:
        doctors = [str(one.get("reference", "")) for one in person.get("generalPractitioner", ())]
        own = next((one for one in doctors if one.startswith("Practitioner/")), "")
        values = (
            UUID(campaign.id), f"Patient/{person['id']}", county_of(person),
            *self._targeting.shape(person, at), own or principal.structure, at,
        )  # fmt: skip
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["walk_in"], *values)

    async def _say_agrees(self, campaign: Campaign, patient: str, *, agrees: bool) -> None:
        async with self._database.write.acquire() as connection:
            await connection.execute(
                QUERIES["agrees"], UUID(campaign.id), f"Patient/{patient}", agrees
            )


def made(act: Act, entry: Entry, told: tuple[str, Principal, datetime]) -> dict[str, Any]:
    """The resource of an act; raises `RuleBroken` with the field that is wrong."""
    patient, principal, at = told
    subject = {"reference": f"Patient/{patient}"}
    code = {"coding": [{"system": act.system, "code": act.codes[0], "display": act.title}]}
    who = {"reference": principal.practitioner}
    if act.resource == "Immunization":
        return {
            "resourceType": "Immunization", "status": "completed", "vaccineCode": code,
            "patient": subject, "occurrenceDateTime": instant(at), "performer": [{"actor": who}],
        }  # fmt: skip
    if act.resource == "Procedure":
        if entry.outcome not in act.outcomes:
            raise RuleBroken("Dites ce que montre l’examen.", expression=("outcome",))
        coding = {"system": _OUTCOME, "code": entry.outcome, "display": act.outcomes[entry.outcome]}
        return {
            "resourceType": "Procedure", "status": "completed", "code": code, "subject": subject,
            "performedDateTime": instant(at), "performer": [{"actor": who}],
            "outcome": {"coding": [coding], "text": act.outcomes[entry.outcome]},
        }  # fmt: skip
    is_score = SCORE in act.positive
    return {
        "resourceType": "Observation", "status": "final", "subject": subject,
        "category": [{"coding": [
            {"system": _CATEGORY, "code": "survey" if is_score else "laboratory"}
        ]}],
        "code": _of_unit(act, code, entry.unit), "effectiveDateTime": instant(at),
        "performer": [who],
        **_value(act, entry, is_score=is_score),
    }  # fmt: skip


def _of_unit(act: Act, code: dict[str, Any], unit: str) -> dict[str, Any]:
    """The code of the unit in which it was measured: a LOINC code says its unit."""
    units: Sequence[str] = list(act.positive)
    at = units.index(unit) if unit in units else 0
    return {"coding": [{**code["coding"][0], "code": act.codes[min(at, len(act.codes) - 1)]}]}


def _value(act: Act, entry: Entry, *, is_score: bool) -> dict[str, Any]:
    unit = SCORE if is_score else entry.unit
    if unit not in act.positive:
        raise RuleBroken("Choisissez l’unité.", expression=("unit",))
    low, high = act.lowest.get(unit, 0.0), act.highest.get(unit, float("inf"))
    text = entry.value.replace(",", ".").strip()
    digits = text.replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit()) or not low <= float(text) <= high:
        said = f"Donnez une valeur de {low:g} à {high:g}."
        raise RuleBroken(said, expression=("value",))
    if is_score:
        if "." in text:
            raise RuleBroken("Donnez un nombre entier.", expression=("value",))
        return {"valueInteger": int(text)}
    quantity = {"value": float(Decimal(text)), "unit": unit, "system": _UCUM, "code": unit}
    return {"valueQuantity": quantity}
