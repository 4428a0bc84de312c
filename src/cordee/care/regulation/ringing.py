"""A call that rings, or that a professional makes from a record; the telephone joins the latter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cordee.care.regulation.cases import Said, stamp
from cordee.care.regulation.floor import QUERIES
from cordee.care.regulation.sealing import Box
from cordee.runtime.database import Connection

PRO: Final = "pro"
_NAMED: Final = "named"
_AGENT: Final = "telephony"


@dataclass(frozen=True, slots=True)
class Named:
    """Who calls from a record (a user of this installation), and the id of the patient."""

    user: str
    patient: str


@dataclass(frozen=True, slots=True)
class Rung:
    """A call: since when it waits, line (15, `pro`, `pro:15`), what it says, whom it names."""

    since: datetime
    line: str
    content: Mapping[str, Any]
    named: Named | None = None

    @property
    def number(self) -> str:
        """The number that calls."""
        return str(self.content.get("number", ""))


async def ring(connection: Connection, box: Box, centre: str, call: UUID, rung: Rung) -> None:
    """Puts a call at its place in a queue; said twice, it is one."""
    key, sealed = box.seal("call", str(call), rung.content)
    way = "deaf" if rung.line == "114" else ""
    digest = box.digest(rung.number) or call.bytes
    values = (centre, call, rung.since, rung.line, way, digest, sealed, key)
    if await connection.fetchval(QUERIES["ring"], *values) is None:
        return
    said = Said("ring", _AGENT, rung.since, rung.since)
    await stamp(connection, box, centre, (call, None), said)
    if rung.named is not None:
        content = {"patient": rung.named.patient}
        said = Said(_NAMED, rung.named.user, rung.since, rung.since, content)
        await stamp(connection, box, centre, (call, None), said)


async def joined(connection: Connection, box: Box, centre: str, rung: Rung) -> Rung | None:
    """The call of a professional that a telephone continues, which ends as a line."""
    row = await connection.fetchrow(
        QUERIES["join_call"], centre, box.digest(rung.number), rung.since
    )
    if row is None:
        return None
    said = Said("joined", _AGENT, rung.since, rung.since)
    await stamp(connection, box, centre, (row["id"], None), said)
    content = box.open("call", str(row["id"]), row["content"])
    named = await named_in(connection, box, centre, row["id"])
    return Rung(row["since"], f"{PRO}:{rung.line}", content, named)


async def named_in(connection: Connection, box: Box, home: str, call: UUID) -> Named | None:
    """Whom a professional of this installation named in a call that rang at a centre."""
    row = await connection.fetchrow(QUERIES["named"], home, call)
    if row is None:
        return None
    return Named(row["agent"], box.open("event", str(call), row["content"])["patient"])
