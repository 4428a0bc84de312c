"""The register of people without an attending physician: its list for a CPTS, counts for a region.

Rule: B6.3. Who steers sees counts alone, without the small ones (`care.activity.hiding`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cordee.care.activity.hiding import Table, hidden
from cordee.care.caseload.desk import person_name
from cordee.care.cpts.rotation import QUERIES, REQUEST
from cordee.care.requests.desk import RECEIVED, Request, Requests
from cordee.care.store import Store
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import facts_of
from cordee.identity.principal import STEERING, Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied

_LOT: Final = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One person of the register: how many members were asked, and who is now."""

    request: Request
    priority: str
    asked: int
    present: str


@dataclass(frozen=True, slots=True)
class Share:
    """What came of the offers that one member had."""

    name: str
    asked: int
    accepted: int
    declined: int
    silent: int


class Register:
    """The registers of one installation."""

    def __init__(
        self, database: Database, store: Store, requests: Requests, principal: Principal
    ) -> None:
        """`store` reads the directory; `principal` is the platform, for names of a region."""
        self._database = database
        self._store = store
        self._requests = requests
        self._principal = principal

    async def entries(self, principal: Principal) -> list[Entry]:
        """Who waits for a physician in a CPTS: by priority, then by what is due; at most 200."""
        found = await self._requests.waiting(principal, RECEIVED, REQUEST)
        rows = await self._rows("offers", [str(one.task["id"]) for one in found])
        offers = {row["grp"]: row for row in rows}
        names = await self._names(
            {row["present"] for row in rows if row["present"]}, "Practitioner"
        )
        order = list(machines()[REQUEST].facts["priority"].choices)
        entries = [_entry(one, offers.get(str(one.task["id"]), {}), names) for one in found]
        return sorted(entries, key=lambda one: order.index(one.priority))

    async def shares(self, principal: Principal) -> list[Share]:
        """How the offers of a CPTS were shared between its members."""
        rows = await self._rows("turns", principal.structure)
        names = await self._names({row["owner"] for row in rows}, "Practitioner")
        found = [
            Share(
                names.get(row["owner"], ""), row["asked"], row["accepted"], row["declined"],
                row["silent"],
            )
            for row in rows
        ]  # fmt: skip
        return sorted(found, key=lambda one: one.name.casefold())

    async def counts(self, principal: Principal) -> tuple[Table, Table]:
        """Who waits and who was found a physician, by CPTS, without small counts.

        Raises `AccessDenied` but for who steers the region.
        """
        if STEERING not in principal.functions:
            raise AccessDenied("counts of the region are told to who steers it")
        rows = await self._rows("counts")
        names = await self._names({row["owner"] for row in rows}, "Organization")
        owners = [str(row["owner"]) for row in rows]
        labels = [names.get(one, one) for one in owners]
        waiting = dict(zip(labels, (int(row["waiting"]) for row in rows), strict=True))
        found = dict(zip(labels, (int(row["found"]) for row in rows), strict=True))
        return hidden(waiting), hidden(found)

    async def _names(self, references: set[str], kind: str) -> dict[str, str]:
        keys = [one.removeprefix(f"{kind}/") for one in references if one.startswith(f"{kind}/")]
        if not keys:
            return {}
        query = f"_id={','.join(keys[:_LOT])}&_count={_LOT}"
        rows = await self._store.search(self._principal, kind, query)
        return {
            f"{kind}/{one['id']}": str(one["name"])
            if isinstance(one.get("name"), str)
            else person_name(one)
            for one in rows
        }

    async def _rows(self, name: str, *values: Any) -> Sequence[Mapping[str, Any]]:
        async with self._database.steady.acquire() as connection:
            return await connection.fetch(QUERIES[name], *values)


def _entry(request: Request, offers: Mapping[str, Any], names: Mapping[str, str]) -> Entry:
    known = machines()[REQUEST].facts["priority"].choices
    priority = str(facts_of(request.task).get("priority", ""))
    present = offers.get("present") or ""
    return Entry(
        request,
        priority if priority in known else "autre",
        int(offers.get("asked", 0)),
        names.get(present, "") if present else "",
    )
