"""Rows of subscriptions: what the engine keeps beside the resource, sealed where it is secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from cordee.fhir.subscriptions.definition import (
    OFF,
    REQUESTED,
    Definition,
    read_definition,
)
from cordee.fhir.subscriptions.notices import Speaker
from cordee.fhir.subscriptions.ports import Owner
from cordee.runtime.clock import now
from cordee.runtime.database import Connection
from cordee.runtime.envelopes import Ring, opened
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.fhir.subscriptions")
CHANNEL: Final = "cordee_subscriptions"
_WAKE: Final = f"SELECT pg_notify('{CHANNEL}', '')"
MASK: Final = "********"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """One subscription as it stands in the table, opened."""

    row: Row
    told: Mapping[str, Any]
    resource: Mapping[str, Any]
    definition: Definition

    @property
    def id(self) -> str:
        """Id of the Subscription."""
        return self.row["id"]

    @property
    def lease(self) -> datetime | None:
        """Until when the process that has it is at it: whoever comes after has another."""
        return self.row["leased"]

    def speaker(self, base: str, events: int | None = None, status: str = "") -> Speaker:
        """It, for what is said of it."""
        topic = self.definition.topic.url if self.definition.topic else ""
        return Speaker(
            self.id, base, status or self.row["status"], topic,
            self.row["events"] if events is None else events, self.row["error"],
        )  # fmt: skip


def kept(row: Row) -> Kept:
    """A row, opened."""
    inside = orjson.loads(opened(row["sealed"], place_of(row["id"])))
    resource = inside["resource"]
    return Kept(row, inside["told"], resource, read_definition(resource))


async def keep(  # noqa: PLR0913 -- a row and what it is sealed with
    connection: Connection,
    ring: Ring | None,
    owner: Owner,
    resource: Mapping[str, Any],
    definition: Definition,
    *,
    anew: bool = False,
) -> None:
    """Keeps a subscription beside its resource, in the same transaction; it is seen to at once.

    `anew` when it asks for something else than before: writes of before are no events of it.
    """
    key = resource["id"]
    inside = orjson.dumps({"told": owner.told, "resource": resource})
    if ring is None:
        raise RuntimeError("subscriptions are kept under the keys of the installation")
    _, sealed = ring.seal(inside, place_of(key))
    moment = now()
    status = OFF if definition.status == OFF else REQUESTED
    await connection.execute(
        QUERIES["keep"], key, status, definition.form, definition.channel, owner.login,
        owner.client, sealed, moment, definition.ends, definition.heartbeat,
        definition.timeout, None if status == OFF else moment, anew,
    )  # fmt: skip
    if status == OFF:
        await connection.execute(QUERIES["ended"], key)
    await wake(connection)


async def wake(connection: Connection) -> None:
    """Tells every process that there is something to do."""
    await connection.execute(_WAKE)


def masked(resource: Mapping[str, Any]) -> dict[str, Any]:
    """The resource as everybody reads it: headers keep their name, never their value."""
    channel = dict(resource.get("channel") or {})
    if not channel.get("header"):
        return dict(resource)
    channel["header"] = [f"{one.partition(':')[0]}: {MASK}" for one in channel["header"]]
    return {**resource, "channel": channel}


def unmasked(resource: Mapping[str, Any], former: Mapping[str, Any]) -> dict[str, Any]:
    """The resource with the headers that were given before, where it came back masked."""
    channel = dict(resource.get("channel") or {})
    known = {one.partition(":")[0]: one for one in (former.get("channel") or {}).get("header", ())}
    if not channel.get("header"):
        return dict(resource)
    channel["header"] = [
        known.get(one.partition(":")[0], one) if one.partition(":")[2].strip() == MASK else one
        for one in channel["header"]
    ]
    return {**resource, "channel": channel}


async def read_kept(connection: Connection, ids: Sequence[str]) -> list[Kept]:
    """Subscriptions by id, those that there are."""
    return [kept(row) for row in await connection.fetch(QUERIES["some"], list(ids))]


async def again(connection: Connection, key: str, first: int, last: int) -> int:
    """Has dead letters sent again, in their order; how many."""
    count = await connection.fetchval(QUERIES["replay"], key, first, last)
    await wake(connection)
    return count or 0


async def overview(connection: Connection, key: str = "") -> list[dict[str, object]]:
    """How subscriptions stand, without what they ask or where they go."""
    rows = await connection.fetch(QUERIES["overview"], key)
    return [dict(row) for row in rows]


def place_of(key: str) -> str:
    """What a subscription is bound to."""
    return f"subscription/{key}"
