"""Acts of a campaign as the record holds them, and the loop of a result that asks for something.

Who enters an act does it in the record; what comes from a laboratory is found there too. A positive
result is a Task of the médecin traitant; one that nobody follows in seven days goes to the DAC, if
the person agreed. Rule: G3.6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from cordee.care.campaigns.campaign import Campaign
from cordee.care.campaigns.kits import Act
from cordee.care.campaigns.register import QUERIES, Register
from cordee.care.notifications.outbox import Event, tell
from cordee.care.prevention.days import MOST_DAYS, VaccinationDays
from cordee.care.requests.offers import KINDS, criteria, of_residence, offers
from cordee.care.store import Placed, Resource, Store, Write
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import Asked, Wanted, machine_of, moved_task, new_task, state_of
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import Conflict, Deleted, NotFound, ProductError, VersionConflict
from cordee.runtime.french import number

MACHINE: Final = "campaign-result"
AGENT: Final = "campagnes"
_LOT: Final = 100
_PAGE: Final = 1000
_AGAIN: Final = timedelta(days=7)
_FINAL: Final = "final,amended,corrected"
_FOUND_BY: Final = {
    "Observation": f"code={{codes}}&status={_FINAL}&date=ge{{since}}",
    "Procedure": "code={codes}&status=completed&date=ge{since}",
    "Immunization": "vaccine-code={codes}&status=completed&date=ge{since}",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """An act that was found in a record."""

    act: Act
    resource: Resource

    @property
    def reference(self) -> str:
        """Where it is."""
        return f"{self.resource['resourceType']}/{self.resource['id']}"

    @property
    def words(self) -> str:
        """The act with its value or what it shows, as it is read."""
        given, outcome = self.resource, self.resource.get("outcome") or {}
        quantity = given.get("valueQuantity") or {}
        if "value" in quantity:
            unit = str(quantity.get("unit") or quantity.get("code") or "")
            return f"{self.act.title} {number(quantity['value'])} {unit}".strip()
        told = given.get("valueInteger", outcome.get("text", ""))
        return f"{self.act.title} {told}".strip()


class Capture:
    """The acts of one installation's campaigns, looked for by the platform."""

    def __init__(
        self, database: Database, store: Store, register: Register, days: VaccinationDays,
        principal: Principal,
    ) -> None:  # fmt: skip
        """`principal` is the platform."""
        self._database = database
        self._store = store
        self._register = register
        self._days = days
        self._principal = principal

    async def look(self, at: datetime) -> int:
        """Looks for places and acts of all who are awaited, then for results nobody follows.

        Gives how many acts were noted and results handed over.
        """
        found, after = 0, (UUID(int=0), "")
        campaigns: dict[str, Campaign] = {}
        while rows := await self._awaited(after):
            after = rows[-1]["campaign"], rows[-1]["patient"]
            by_campaign: dict[str, dict[str, str]] = {}
            for row in rows:
                by_campaign.setdefault(str(row["campaign"]), {})[row["patient"]] = row[
                    "appointment"
                ]
            for key, held in by_campaign.items():
                if key not in campaigns:
                    campaigns[key] = await self._register.one(key)
                await self.note_bookings(campaigns[key], held, at)
                found += await self.harvest(campaigns[key], list(held), at)
        return found + await self.hand_over(at)

    async def harvest(self, campaign: Campaign, patients: Sequence[str], at: datetime) -> int:
        """Notes the acts of some persons (references) since the campaign began; how many."""
        seen: dict[str, list[Seen]] = {}
        since = str(campaign.told.starts)
        for act in campaign.kit.acts:
            codes = ",".join(f"{act.system}|{one}" for one in act.codes)
            asked = _FOUND_BY[act.resource].format(codes=codes, since=since)
            query = f"patient={','.join(patients)}&{asked}&_count={_PAGE}"
            for one in await self._store.search(self._principal, act.resource, query):
                seen.setdefault(_subject(one), []).append(Seen(act, one))
        done = 0
        for patient, acts in seen.items():
            try:
                done += await self._note(campaign, patient, acts, at)
            except (Conflict, VersionConflict):
                continue  # another process has just noted it
        return done

    async def hand_over(self, at: datetime) -> int:
        """Hands what nobody followed in time to the DAC, or tells its owner once more; how many."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["unfollowed"], at)
        handed = 0
        for row in rows:
            try:
                handed += await self._hand(row, at)
            except (Conflict, VersionConflict):
                continue
            except ProductError as error:
                structlog.get_logger().warning("result_not_handed", slug=error.slug)
        return handed

    async def note_bookings(
        self, campaign: Campaign, held: Mapping[str, str], at: datetime
    ) -> None:
        """Notes who holds a place on its days, whoever booked it, and who no longer does.

        `held`: patient (a reference) to the id of the Appointment that is noted, "" for none.
        """
        since = datetime.combine(campaign.told.starts or at.date(), time(), clock.PARIS)
        days = await self._days.of_campaign(campaign.id, since, MOST_DAYS)
        booked = await self._days.held_by(self._principal, days, list(held))
        changed = [
            (patient, booked.get(patient, ""))
            for patient, key in held.items()
            if booked.get(patient, "") != key
        ]
        if not changed:
            return
        async with self._database.transaction() as connection:
            await connection.executemany(
                QUERIES["booked"], [(UUID(campaign.id), one, at, key) for one, key in changed]
            )

    async def _awaited(self, after: tuple[UUID, str]) -> Sequence[Mapping[str, Any]]:
        async with self._database.write.acquire() as connection:
            return await connection.fetch(QUERIES["awaited"], _LOT, *after)

    async def _note(
        self, campaign: Campaign, patient: str, acts: Sequence[Seen], at: datetime
    ) -> int:
        """Notes an act, a positive one first, with its Task in the same transaction."""
        alarming = next((one for one in acts if is_positive(one.act, one.resource)), None)
        seen = alarming or acts[0]
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["people"], UUID(campaign.id), [patient])
        if not rows or (rows[0]["done"] is not None and (rows[0]["task"] or alarming is None)):
            return 0
        row, key = rows[0], (UUID(campaign.id), patient, at, seen.reference)
        if alarming is None or not row["doctor"]:
            async with self._database.write.acquire() as connection:
                noted = await connection.fetchval(
                    QUERIES["done"], *key, alarming is not None, "", None
                )
            return int(noted is not None)
        await self._ask(campaign, row, seen, at)
        return 1

    async def _ask(
        self, campaign: Campaign, row: Mapping[str, Any], seen: Seen, at: datetime
    ) -> None:
        """Asks the médecin traitant, and notes it with the Task."""
        owner, patient = row["doctor"], row["patient"]
        facts = {"agrees-dac": "oui" if row["agrees"] else "non"}
        text = f"{campaign.told.title} : {seen.words}"
        asked = Asked(MACHINE, patient, owner, owner, focus=seen.reference, text=text, facts=facts)
        due = at + timedelta(days=campaign.kit.follow_days)

        async def also(connection: Connection, placed: Sequence[Placed]) -> None:
            values = (UUID(campaign.id), patient, at, seen.reference, True, placed[0].id, due)
            if await connection.fetchval(QUERIES["done"], *values) is None:
                raise Conflict("this result was noted already")
            await tell(connection, _event(patient, f"Task/{placed[0].id}", (owner,), at))

        await self._store.write(self._principal, [Write(new_task(asked, at))], also)

    async def _hand(self, row: Mapping[str, Any], at: datetime) -> int:
        task = await self._task(row["task"])
        machine = machine_of(task or {})
        if task is None or machine is None or state_of(task) != "to-follow":
            await self._handed(row, at)
            return 0
        dac = await self._dac(row["patient"]) if row["agrees"] else ""
        if not dac:
            await self._remind(row, task, at)
            return 0
        moved = moved_task(task, machines()[MACHINE], Wanted("hand-over", owner=dac), at)

        async def also(connection: Connection, _: Sequence[Placed]) -> None:
            await connection.execute(QUERIES["handed"], row["campaign"], row["patient"], at)
            await tell(connection, _event(row["patient"], f"Task/{row['task']}", (dac,), at))

        version = int(task["meta"]["versionId"])
        await self._store.write(self._principal, [Write(moved, "PUT", version)], also)
        return 1

    async def _remind(self, row: Mapping[str, Any], task: Resource, at: datetime) -> None:
        """Nobody else may call this person: their physician is told again, each week."""
        owner = str((task.get("owner") or {}).get("reference", ""))
        async with self._database.transaction() as connection:
            await connection.execute(
                QUERIES["put_off"], row["campaign"], row["patient"], at + _AGAIN
            )
            await tell(connection, _event(row["patient"], f"Task/{row['task']}", (owner,), at))

    async def _handed(self, row: Mapping[str, Any], at: datetime) -> None:
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["handed"], row["campaign"], row["patient"], at)

    async def _task(self, key: str) -> Resource | None:
        try:
            return await self._store.read(self._principal, "Task", key)
        except (NotFound, Deleted):
            return None

    async def _dac(self, patient: str) -> str:
        """The DAC of where a person lives; "" where none, or two alike, does."""
        kinds, key = KINDS["dac-request"], patient.removeprefix("Patient/")
        person = await self._store.read(self._principal, "Patient", key)
        rows = await self._store.search(self._principal, "HealthcareService", criteria(kinds))
        found = of_residence(offers(rows, person, kinds))
        return found.owner if found else ""


def is_positive(act: Act, resource: Resource) -> bool:
    """Whether what was found asks for something, by the bounds of the kit."""
    if act.alarms:
        outcome = resource.get("outcome") or {}
        codes = {one.get("code") for one in outcome.get("coding", ())}
        return bool(codes & set(act.alarms))
    if "valueInteger" in resource:
        return resource["valueInteger"] >= act.positive.get("{score}", float("inf"))
    quantity = resource.get("valueQuantity") or {}
    unit = str(quantity.get("code") or quantity.get("unit") or "")
    value = quantity.get("value")
    return value is not None and float(value) >= act.positive.get(unit, float("inf"))


def _subject(resource: Resource) -> str:
    given = resource.get("subject") or resource.get("patient") or {}
    return str(given.get("reference", ""))


def _event(patient: str, focus: str, to: tuple[str, ...], at: datetime) -> Event:
    source = f"campaign:{focus}:{at:%Y%m%d}:{to[0]}"
    return Event("task", at, source, patient=patient, focus=focus, to=to)
