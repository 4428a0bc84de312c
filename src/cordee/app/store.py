"""Records for the floor of care: `care.store.Store` on the kernel, through the guard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol
from urllib.parse import parse_qsl
from uuid import uuid4

import orjson

from cordee.care.store import Also, Placed, Resource, Write
from cordee.fhir.interactions.entries import Entry
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.interactions.read import read
from cordee.fhir.interactions.transaction import Answer, transaction
from cordee.fhir.search.query import read_query
from cordee.fhir.store.scope import Scope
from cordee.identity.principal import Principal


def system(agent: str) -> Principal:
    """What the platform does itself, under a name of its own in the trail."""
    return Principal(agent, agent, "system", "", "", ("system/*.cruds",))


class Scoping(Protocol):
    """Who says what somebody may see and do: the guard, or a door that is narrower."""

    async def scope(self, principal: Principal) -> Scope:
        """What this principal may see and do."""
        ...


class KernelStore:
    """See `care.store.Store`."""

    def __init__(self, kernel: Kernel, guard: Scoping) -> None:
        """All parts of the kernel are open."""
        self._kernel = kernel
        self._guard = guard

    async def read(self, principal: Principal, kind: str, key: str) -> Resource:
        """One resource, traced."""
        scope = await self._guard.scope(principal)
        version = await read(self._kernel, scope, kind, key)
        return orjson.loads(version.whole())

    async def search(self, principal: Principal, kind: str, criteria: str) -> list[Resource]:
        """Matches in the order of the search, then what is included, traced."""
        scope = await self._guard.scope(principal)
        query = read_query(kind, parse_qsl(criteria, keep_blank_values=True))
        query.total = "none"
        found = await self._kernel.searcher.search(query, scope)
        return [orjson.loads(one.whole()) for one in (*found.matches, *found.included)]

    async def count(self, principal: Principal, kind: str, criteria: str) -> int:
        """How many resources meet the criteria, exactly; none of them is read."""
        scope = await self._guard.scope(principal)
        query = read_query(kind, parse_qsl(f"{criteria}&_summary=count", keep_blank_values=True))
        query.total = "accurate"
        return (await self._kernel.searcher.search(query, scope)).total or 0

    async def write(
        self, principal: Principal, writes: Sequence[Write], also: Also | None = None
    ) -> list[Placed]:
        """One transaction of resources and what goes with them."""
        scope = await self._guard.scope(principal)
        lot = _lot(writes)
        async with self._kernel.database.transaction() as connection:
            inside = replace(self._kernel.within(connection), reserved=None)
            placed = _placed(writes, await transaction(inside, scope, lot, _no_reads))
            if also is not None:
                await also(connection, placed)
        self._kernel.publisher.wake()
        return placed


def _lot(writes: Sequence[Write]) -> bytes:
    entries = [_entry(one) for one in writes]
    return orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})


def _entry(write: Write) -> dict[str, Any]:
    kind = write.resource["resourceType"]
    if write.method == "POST":
        address = write.key or f"urn:uuid:{uuid4()}"
        request: dict[str, Any] = {"method": "POST", "url": kind}
        return {"fullUrl": address, "resource": write.resource, "request": request}
    request = {"method": write.method, "url": f"{kind}/{write.resource['id']}"}
    if write.if_match is not None:
        request["ifMatch"] = f'W/"{write.if_match}"'
    if write.method == "DELETE":
        return {"request": request}
    return {"resource": write.resource, "request": request}


def _placed(writes: Sequence[Write], answers: Sequence[Answer]) -> list[Placed]:
    made: list[Placed] = []
    for write, answer in zip(writes, answers, strict=True):
        version = answer.version
        kind = str(write.resource["resourceType"])
        if version is None:  # there was nothing to delete
            made.append(Placed(kind, str(write.resource["id"]), 0))
        else:
            made.append(Placed(kind, version.id, version.version))
    return made


async def _no_reads(entry: Entry, kernel: Kernel) -> bytes:  # noqa: ARG001 -- the shape of a reader
    raise AssertionError("what care writes reads nothing")
