"""A ward of the CHU, a patient who lives elsewhere, services near their home: for tests."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import given
from cordee.app.discharges import DischargeReader
from cordee.app.passages import StayReader
from cordee.app.store import KernelStore, system
from cordee.care.store import Write
from cordee.care.workflow.tasks import state_of
from cordee.fhir.store.journal import publish
from cordee.runtime import clock
from cordee.runtime.clock import PARIS
from trusted import Person, Screen

KERBRAT, CHU = "yann-kerbrat", "chu-aubrey"
PLACES = (
    CHU, "dac-a", "dac-b", "idel-samira", "idel-saulx", "pharmacie-tran", "had-belmont",
    "smr-montrevaux", "msp-quatre-vents",
)  # fmt: skip
_SERVICES = (
    ("appui-a", "dac-a", "coordination", "A"), ("appui-b", "dac-b", "coordination", "B"),
    ("soins-samira", "idel-samira", "idel", "B"), ("soins-saulx", "idel-saulx", "idel", "B"),
    ("officine", "pharmacie-tran", "pharmacie", "B"), ("had", "had-belmont", "had", "B"),
    ("smr", "smr-montrevaux", "smr", ""),
)  # fmt: skip


_ALL_READ = """
SELECT NOT EXISTS (SELECT FROM journal) AND (
  SELECT count(*) = 2 FROM journal_reader r, journal_head h
  WHERE r.name IN ('discharges', 'passages') AND r.n >= h.n)
"""


class Ward:
    """The screen of a region with one stay in progress."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        parts = screen.platform.parts
        self.store = KernelStore(parts.kernel, parts.guard)
        self.reader = DischargeReader(parts.database, parts.kernel, parts.guard)
        self.stays = StayReader(parts.database, parts.kernel, parts.guard)

    async def put(self, *resources: dict[str, Any]) -> None:
        """Writes resources under their ids, together."""
        writes = [Write(one, "PUT") for one in resources]
        await self.store.write(system("test"), writes)

    async def stay(self, key: str = "stay", **changes: Any) -> None:
        start = clock.instant(clock.now() - timedelta(days=3))
        await self.put(
            {
                "resourceType": "Encounter", "id": key, "status": "in-progress",
                "class": {"code": "IMP"}, "subject": {"reference": f"Patient/{KERBRAT}"},
                "serviceProvider": {"reference": f"Organization/{CHU}"},
                "period": {"start": start}, "reasonCode": [{"text": "Insuffisance cardiaque"}],
            }
            | changes
        )  # fmt: skip
        await self.read()

    async def read(self) -> None:
        """Everything that is written is heard of, what follows too."""
        database = self.screen.platform.parts.database
        async with asyncio.timeout(30):
            while True:
                await publish(database)
                await self.reader.follow()  # or the loop of the installation has the turn
                await self.stays.follow()
                async with database.write.acquire() as connection:
                    if await connection.fetchval(_ALL_READ):
                        return
                await asyncio.sleep(0.02)

    async def tasks(self, machine: str) -> list[Any]:
        criteria = f"patient=Patient/{KERBRAT}&_count=100"
        found = await self.store.search(system("test"), "Task", criteria)
        return [one for one in found if one["code"]["coding"][0]["code"] == machine]

    async def states(self, machine: str) -> dict[str, str]:
        """The state of each Task of a machine, by the structure that is asked."""
        return {
            one["owner"]["reference"].partition("/")[2]: state_of(one)
            for one in await self.tasks(machine)
        }

    async def planner(self) -> str:
        """The address of the planner, which is the only one."""
        (task,) = await self.tasks("discharge")
        return f"/patients/{KERBRAT}/sorties/{task['id']}"


async def ward_of(screen: Screen) -> Ward:
    """A ward with its patient, who lives in the département B."""
    made = Ward(screen)
    resources: list[dict[str, Any]] = [
        {
            "resourceType": "Organization", "id": one, "name": one,
            "address": [{"use": "work", "district": "A" if one in {CHU, "dac-a"} else "B"}],
        }
        for one in PLACES
    ]  # fmt: skip
    resources += [
        {"resourceType": "Location", "id": f"area-{one}", "address": {"district": one}}
        for one in "AB"
    ]
    resources += [_service(*one) for one in _SERVICES]
    resources += [
        {"resourceType": "Practitioner", "id": one, "name": [{"family": one}]}
        for one in ("anne-le-goff", "marion-girard")
    ]
    address = {"address": [{"use": "home", "district": "B", "city": "Saulx-le-Bas"}]}
    doctor = {"generalPractitioner": [{"reference": "Practitioner/anne-le-goff"}]}
    resources.append(given.patient(id=KERBRAT, birthDate="1947-09-11", **address, **doctor))
    await made.put(*resources)
    await made.read()
    return made


def _service(key: str, owner: str, kind: str, county: str) -> dict[str, Any]:
    area = {"coverageArea": [{"reference": f"Location/area-{county}"}]} if county else {}
    return area | {
        "resourceType": "HealthcareService", "id": key, "active": True, "name": key,
        "providedBy": {"reference": f"Organization/{owner}"},
        "type": [{"coding": [{"code": kind}]}],
    }  # fmt: skip


def soon(days: int = 3, hour: int = 14) -> str:
    """A moment ahead as a field of a form holds it."""
    day = datetime.now(PARIS) + timedelta(days=days)
    return day.replace(hour=hour, minute=0).strftime("%Y-%m-%dT%H:%M")


async def planned(ward: Ward, nurse: Person, **more: str) -> str:
    """The address of a planner with its date and destination."""
    here = await ward.planner()
    answer = await nurse.post(
        here,
        **{"geste": "plan", "leaves-at": soon(), "destination": "home", "home": "alone"} | more,
    )
    assert answer.status_code == 303, answer.text
    return here
