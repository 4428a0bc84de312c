"""Events on the real PostgreSQL: who is told, after the loops have had their turn."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from cordee.app.notifications import Deriving, make_delivering, make_desk, make_spreading
from cordee.app.store import KernelStore
from cordee.care.notifications.delivering import Ways
from cordee.care.notifications.desk import NotificationDesk
from cordee.care.notifications.inbox import Filter, Item
from cordee.care.notifications.ports import Sender
from cordee.fhir.store.journal import publish
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.clock import PARIS
from running import Platform

HOME, HOSPITAL = "Organization/msp-quatre-vents", "Organization/ch-belmont"
EHPAD, DAC = "Organization/ehpad-les-tilleuls", "Organization/dac-a"
DOCTOR, STRANGER = "Practitioner/anne-le-goff", "Practitioner/nobody-here"
KINDS = "https://cordee.example/CodeSystem/structure-kind"
Resource = dict[str, Any]


@dataclass(slots=True)
class Town:
    """A platform with structures, a doctor and patients around them."""

    platform: Platform

    @property
    def desk(self) -> NotificationDesk:
        return make_desk(self.platform.parts)

    async def begin(self) -> None:
        """From here on what is written is told."""
        await self.turn()
        await self._deriving().begin()

    async def put(self, *resources: Resource) -> None:
        client = await self.platform.client()
        for one in resources:
            answer = await client.put(f"{one['resourceType']}/{one['id']}", json=one)
            assert answer.status_code in {200, 201}, answer.text

    async def turn(self) -> None:
        """Reads the journal and tells of all that is there."""
        parts = self.platform.parts
        async with asyncio.timeout(20):
            while await self.rows("SELECT 1 FROM journal LIMIT 1"):
                await publish(parts.database)
                await asyncio.sleep(0.01)
        deriving, spreading = self._deriving(), make_spreading(parts)
        while await deriving.derive_due() or await spreading.spread_due():
            pass

    async def told(self, who: Principal, **wanted: Any) -> list[Item]:
        """What stands in somebody's inbox, the newest first."""
        return await self.desk.inbox.page(who, Filter(**wanted), most=200)

    async def kinds(self, who: Principal) -> list[str]:
        """The kinds of it, the oldest first."""
        return [one.kind for one in reversed(await self.told(who))]

    async def send(self, **senders: Sender) -> None:
        """Sends all that is due by these ways."""
        ways = Ways("https://cordee.example", senders)
        delivering = make_delivering(self.platform.parts, ways)
        while await delivering.send_due():
            pass

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        async with self.platform.parts.database.write.acquire() as connection:
            return await connection.fetch(statement, *values)

    def _deriving(self) -> Deriving:
        parts = self.platform.parts
        return Deriving(parts, KernelStore(parts.kernel, parts.guard))


def places() -> list[Resource]:
    """The structures and the doctors of the tests."""
    kinds = {HOME: "msp", HOSPITAL: "ch", EHPAD: "ehpad", DAC: "dac"}
    made = [
        {
            "resourceType": "Organization", "id": reference.partition("/")[2], "name": name,
            "type": [{"coding": [{"system": KINDS, "code": kinds[reference]}]}],
        }
        for reference, name in (
            (HOME, "MSP des Quatre-Vents"), (HOSPITAL, "CH de Belmont"),
            (EHPAD, "EHPAD Les Tilleuls"), (DAC, "DAC A"),
        )
    ]  # fmt: skip
    doctors = [
        {
            "resourceType": "Practitioner", "id": reference.partition("/")[2],
            "name": [{"family": family, "given": [given], "prefix": ["Dr"]}],
        }
        for reference, family, given in (
            (DOCTOR, "Le Goff", "Anne"), (STRANGER, "Ailleurs", "Paule"),
        )
    ]  # fmt: skip
    return [*made, *doctors]


def resident(number: str, doctor: str = DOCTOR, home: str = EHPAD, **more: Any) -> Resource:
    """Somebody who lives in the home, with a declared doctor when given."""
    made: Resource = {
        "resourceType": "Patient", "id": number, "birthDate": "1939-04-04", "gender": "female",
        "name": [{"use": "official", "family": "MORVAN", "given": ["Yvonne"]}],
        "managingOrganization": {"reference": home},
    }  # fmt: skip
    if doctor:
        made["generalPractitioner"] = [{"reference": doctor}]
    return made | more


def stay(patient: str, number: str, status: str, *, code: str = "EMER", **more: Any) -> Resource:
    """An encounter of a patient at the hospital, from now on."""
    moment = clock.now().astimezone(PARIS).isoformat(timespec="seconds")
    period = {"start": moment} | ({"end": moment} if status == "finished" else {})
    return {
        "resourceType": "Encounter", "id": number, "status": status, "period": period,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": code},
        "subject": {"reference": f"Patient/{patient}"},
        "serviceProvider": {"reference": HOSPITAL},
    } | more  # fmt: skip
