"""Requests made, answered and followed by people; several at once where one is to win. B4, B5.5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from cordee.care.requests.offers import HERE, KINDS, WORKED, Offer, criteria, offers
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.desk import Due, Stage, Workflow
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.machines import Machine, machines
from cordee.care.workflow.tasks import MACHINE, Asked, Wanted, machine_of, new_task, party
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.requests")
RECEIVED, SENT = "received", "sent"
_RUNNING: Final = "requested,received,accepted,in-progress,on-hold"
_PARTIES: Final = "&_include=Task:patient" + "".join(
    f"&_include=Task:{role}:{kind}"
    for role in ("owner", "requester")
    for kind in ("Organization", "Practitioner")  # an open reference is looked for in all types
)
_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Asking:
    """What somebody asks for; `number` is that of the form (a UUID), `owners` who is asked."""

    machine: str
    number: str
    owners: tuple[str, ...]
    facts: Mapping[str, Any]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One request with its person, its parties' names, and what is due next."""

    task: Resource
    machine: Machine
    patient: Resource
    names: Mapping[str, str]
    due: Due | None

    def name(self, role: str) -> str:
        """The name of the owner or the requester; "" where it is not known."""
        return self.names.get(party(self.task, role), "")


@dataclass(frozen=True, slots=True)
class Count:
    """How many requests are in a state, and how many of them are late."""

    machine: str
    state: str
    count: int
    late: int


class Requests:
    """The requests of one installation."""

    def __init__(self, database: Database, store: Store, workflow: Workflow) -> None:
        """`store` reads and writes through the guard."""
        self._database = database
        self._store = store
        self._workflow = workflow
        self._forms = Forms(database)

    async def offers(self, principal: Principal, machine: str, patient: Resource) -> list[Offer]:
        """Who can be asked for this person, the nearest first; raises `NotFound`."""
        if machine not in KINDS:
            raise NotFound("there is no such request")
        kinds = KINDS[machine]
        rows = await self._store.search(principal, "HealthcareService", criteria(kinds))
        return offers(rows, patient, kinds)

    async def ask(self, principal: Principal, patient: str, asking: Asking) -> str:
        """The id of the first Task of what is asked; the same form sent again gives the same.

        `patient` is an id. Raises `RuleBroken` when nobody is asked, and what the machine refuses.
        """
        if asking.machine not in KINDS:
            raise NotFound("there is no such request")
        if not asking.owners:
            raise RuleBroken("Choisissez à qui vous demandez.", expression=("Task.owner",))
        writes = [Write(one) for one in self._tasks(principal, patient, asking)]

        async def write(also: Also) -> str:
            return (await self._store.write(principal, writes, also))[0].id

        return await self._forms.once(asking.number, write)

    async def need_offered(self, principal: Principal, asking: Asking) -> None:
        """Returns when all who are asked provide such a service; raises `RuleBroken` else.

        Who is asked reads the record: no address that a browser sends is taken on trust.
        """
        kinds = KINDS.get(asking.machine, ())
        rows = await self._store.search(principal, "HealthcareService", criteria(kinds))
        known = {party(one, "providedBy") for one in rows}
        if not set(asking.owners) <= known:
            raise RuleBroken("Choisissez parmi les services proposés.")

    async def is_sent(self, number: str) -> bool:
        """Whether a form of this number was sent."""
        return bool(await self._forms.task(number))

    async def one(self, principal: Principal, number: str) -> Request:
        """A request; raises `NotFound` for what is none, or is not seen."""
        rows = await self._store.search(principal, "Task", f"_id={number}{_PARTIES}")
        found = await self._requests(rows)
        if not found:
            raise NotFound("there is no such request")
        return found[0]

    async def waiting(
        self, principal: Principal, side: str, machine: str = "", state: str = ""
    ) -> list[Request]:
        """The running requests that wait for, or come from, a person or their structure.

        What is late comes first, then what is due next; at most 200.
        """
        role = "owner" if side == RECEIVED else "requester"
        listed = WORKED if side == SENT else HERE
        codes = [machine] if machine in listed else list(listed)
        query = (
            f"{role}={','.join(_names(principal))}"
            f"&code={','.join(f'{MACHINE}|{one}' for one in codes)}&status={_RUNNING}"
            f"{f'&business-status={state}' if state else ''}"
            f"&_sort=-authored-on&_count={_MOST}{_PARTIES}"
        )
        found = await self._requests(await self._store.search(principal, "Task", query))
        last = datetime.max.replace(tzinfo=UTC)
        return sorted(found, key=lambda one: one.due.at if one.due else last)

    async def of_patient(self, principal: Principal, patient: str) -> Sequence[Request]:
        """All requests about a person, the newest first; at most 200."""
        codes = ",".join(f"{MACHINE}|{one}" for one in WORKED)
        query = (
            f"patient=Patient/{patient}&code={codes}&_sort=-authored-on&_count={_MOST}{_PARTIES}"
        )
        return await self._requests(await self._store.search(principal, "Task", query))

    async def counts(self, principal: Principal, side: str) -> Sequence[Count]:
        """How many requests run, by machine and state."""
        values = (
            _names(principal),
            side == SENT,
            clock.now(),
            list(WORKED if side == SENT else HERE),
        )
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["counts"], *values)
        return [Count(*row) for row in rows]

    async def move(self, principal: Principal, number: str, wanted: Wanted) -> None:
        """Makes a move; raises what the machine refuses."""
        await self._workflow.move(principal, number, wanted)

    async def story(self, number: str) -> Sequence[Stage]:
        """What a request went through, the oldest first; for who has read it."""
        return await self._workflow.story(number)

    def _tasks(
        self, principal: Principal, patient: str, asking: Asking
    ) -> Sequence[dict[str, Any]]:
        group = str(uuid4()) if machines()[asking.machine].wins else ""
        requester = principal.structure or principal.practitioner
        return [
            new_task(
                Asked(
                    asking.machine, f"Patient/{patient}", owner, requester,
                    group=group, text=asking.text, facts=asking.facts,
                ),
                clock.now(),
            )
            for owner in dict.fromkeys(asking.owners)
        ]  # fmt: skip

    async def _requests(self, rows: Sequence[Resource]) -> Sequence[Request]:
        known = {f"{one['resourceType']}/{one['id']}": one for one in rows}
        names = {place: _name(one) for place, one in known.items()}
        tasks = [one for one in rows if one["resourceType"] == "Task"]
        due = await self._workflow.due([str(one["id"]) for one in tasks])
        return [
            Request(one, machine, known[party(one, "for")], names, due.get(str(one["id"])))
            for one in tasks
            if (machine := machine_of(one)) is not None
            and machine.code in WORKED
            and party(one, "for") in known
        ]


def _names(principal: Principal) -> list[str]:
    return [one for one in (principal.structure, principal.practitioner) if one]


def _name(resource: Resource) -> str:
    name = resource.get("name", "")
    if isinstance(name, str):
        return name
    first: Mapping[str, Any] = next(iter(name), {})
    parts = [*first.get("prefix", ()), *first.get("given", ())[:1], first.get("family", "")]
    return str(first.get("text") or " ".join(filter(None, parts)))
