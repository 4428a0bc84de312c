"""From one DAC to the DAC of where a person lives: proposed, accepted, passed at its day.

At that day the running request of the first DAC goes to the second with all that it carries; both
see the record for thirty days. Requirements B5.4, B4.9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from cordee.care.discharges.trying import attempt
from cordee.care.requests.desk import Request, Requests
from cordee.care.requests.offers import Offer
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.tasks import MACHINE as MACHINES
from cordee.care.workflow.tasks import (
    Asked,
    Wanted,
    machine_of,
    moved_task,
    new_task,
    party,
    state_of,
)
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import (
    Conflict,
    NotFound,
    RuleBroken,
)

MACHINE: Final = "handover"
REQUEST: Final = "dac-request"
OVERLAPS: Final = "https://cordee.example/fhir/identifiant/passage-de-relais"
OVERLAP: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Proposal:
    """To which DAC a request is proposed; `number` is that of the form (a UUID)."""

    number: str
    owner: str
    facts: Mapping[str, Any]
    text: str = ""


class Relays:
    """The hand-overs of one installation, for people."""

    def __init__(self, database: Database, store: Store, requests: Requests) -> None:
        """`store` reads and writes through the guard."""
        self._store = store
        self._requests = requests
        self._forms = Forms(database)

    async def request(self, principal: Principal, number: str) -> Request:
        """The request that somebody may hand over; raises `NotFound` for another's, or a closed."""
        found = await self._requests.one(principal, number)
        is_theirs = party(found.task, "owner") in {principal.structure, principal.practitioner}
        if found.machine.code != REQUEST or not is_theirs:
            raise NotFound("there is no such request")
        return found

    async def offers(self, principal: Principal, found: Request) -> list[Offer]:
        """The other DAC, that of where the person lives first."""
        offers = await self._requests.offers(principal, REQUEST, found.patient)
        return [one for one in offers if one.owner != party(found.task, "owner")]

    async def propose(self, principal: Principal, number: str, proposal: Proposal) -> str:
        """The id of the hand-over of a request; the same form sent again gives the same.

        Raises `RuleBroken` for a request that cannot be handed over, `Conflict` for one that is
        proposed already, and what the machine refuses.
        """
        found = await self.request(principal, number)
        move = found.machine.move("relay")
        if move is None or state_of(found.task) not in move.source:
            raise RuleBroken("Dans cet état, la demande ne se passe pas à un autre DAC.")
        known = {one.owner for one in await self.offers(principal, found)}
        if proposal.owner not in known:
            raise RuleBroken("Choisissez le DAC qui prend le relais.")
        asked = Asked(
            MACHINE, party(found.task, "for"), proposal.owner, party(found.task, "owner"),
            focus=f"Task/{number}", text=proposal.text, facts=proposal.facts,
        )  # fmt: skip

        async def write(also: Also) -> str:
            if await self._running(principal, number):
                raise Conflict("Un passage de relais est déjà proposé pour cette demande.")
            return (
                await self._store.write(principal, [Write(new_task(asked, clock.now()))], also)
            )[0].id

        return await self._forms.once(proposal.number, write)

    async def _running(self, principal: Principal, number: str) -> bool:
        criteria = (
            f"focus=Task/{number}&code={MACHINES}|{MACHINE}&status=requested,accepted&_count=1"
        )
        return bool(await self._store.search(principal, "Task", criteria))


class Transfers:
    """What follows a hand-over, in the name of the platform."""

    def __init__(self, store: Store, principal: Principal) -> None:
        """`principal` is the platform itself."""
        self._store = store
        self._principal = principal

    async def hear(self, written: Sequence[Resource]) -> None:
        """Takes in what was written of hand-overs; one that cannot be followed stops no other."""
        for one in written:
            follow = {"overlap": self._transfer, "done": self._finish}.get(_state(one))
            if follow is None:
                continue
            await attempt(partial(follow, one), "relay")

    async def _transfer(self, relay: Resource) -> None:
        """The request goes to the next DAC with all that it carries; both see meanwhile."""
        focus = party(relay, "focus").removeprefix("Task/")
        request = await self._store.read(self._principal, "Task", focus)
        machine, owner = machine_of(request), party(relay, "owner")
        if machine is None or not _is_of(relay, request):
            return
        move = machine.move("relay")
        if move is None or state_of(request) not in move.source:
            return
        now = clock.now()
        moved = moved_task(request, machine, Wanted("relay", owner=owner), now)
        writes = [Write(moved, "PUT", int(request["meta"]["versionId"]))]
        writes.append(Write(_overlap(relay, now)))
        await self._store.write(self._principal, writes)

    async def _finish(self, relay: Resource) -> None:
        """The support of the former DAC ends with the overlap."""
        ends = clock.instant(clock.now())
        writes = [
            Write(_closed(one, ends), "PUT", int(one["meta"]["versionId"]))
            for one in await self._episodes(relay, party(relay, "requester"))
        ]
        if writes:
            await self._store.write(self._principal, writes)

    async def _episodes(self, relay: Resource, place: str) -> list[Resource]:
        criteria = f"patient={party(relay, 'for')}&organization={place}&status=active&_count=20"
        return await self._store.search(self._principal, "EpisodeOfCare", criteria)


def _is_of(relay: Resource, request: Resource) -> bool:
    """Whether a hand-over is of this request: proposed by who holds it, about the same person.

    Its `focus` was written by whoever proposed it, by any door: it is not trusted.
    """
    is_theirs = party(request, "owner") == party(relay, "requester") != party(relay, "owner")
    return is_theirs and party(request, "for") == party(relay, "for")


def _closed(episode: Resource, ends: str) -> dict[str, Any]:
    after: dict[str, Any] = {key: value for key, value in episode.items() if key != "meta"}
    return after | {"status": "finished", "period": {**episode.get("period", {}), "end": ends}}


def _overlap(relay: Resource, now: datetime) -> dict[str, Any]:
    """What ties the former DAC for thirty days, and ends by itself."""
    period = {"start": clock.instant(now), "end": clock.instant(now + OVERLAP)}
    return {
        "resourceType": "CareTeam",
        "identifier": [{"system": OVERLAPS, "value": str(relay["id"])}],
        "status": "active",
        "name": "Recouvrement d’un passage de relais",
        "subject": {"reference": party(relay, "for")},
        "period": period,
        "participant": [
            {
                "role": [{"text": "DAC précédent"}],
                "member": {"reference": party(relay, "requester")},
                "period": period,
            }
        ],
    }


def _state(resource: Resource) -> str:
    try:
        machine = machine_of(resource) if resource["resourceType"] == "Task" else None
    except KeyError:
        return ""
    return state_of(resource) if machine is not None and machine.code == MACHINE else ""
