"""What the floor offers to the overflow between centres: its load, its queue, calls that move.

A call that moves keeps its id and its true `since`. Here its line is `leaving` until the other
centre has it, then `gone`; there a line begins with one hop. Each function acts in the caller's
transaction and does nothing a second time, so that messages may come twice. Decision 0077.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cordee.care.regulation.sealing import Box, Row
from cordee.runtime.database import Connection
from cordee.runtime.errors import Conflict
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.regulation")
AGENT: Final = "overflow"
_LOAD: Final = ("waiting", "p90_seconds", "positions", "at_work", "p0")
_CASE: Final = ("number", "home", "opened_by", "priority", "motive", "commune", "field")


@dataclass(frozen=True, slots=True)
class Load:
    """What a centre carries at a moment; `positions` are open, `at_work` are on a call."""

    waiting: int
    p90_seconds: float
    positions: int
    at_work: int
    p0: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call that waits, or was answered and may still move. `priority` is "" before its triage."""

    id: UUID
    home: str
    since: datetime
    priority: str
    motive: str
    hops: int
    is_answered: bool


@dataclass(frozen=True, slots=True)
class Parcel:
    """A call on its way, with its case where it has one; opened, for the transport to seal."""

    id: UUID
    home: str
    since: datetime
    priority: str
    motive: str
    line: str
    way: str
    content: Mapping[str, Any]
    case: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """One movement of one call between this centre and another one, at a moment."""

    id: UUID
    call: UUID
    other: str
    at: datetime


class Floor:
    """The floor of all centres of an installation, for the engine of the overflow."""

    def __init__(self, box: Box) -> None:
        """`box` opens what leaves and seals what comes."""
        self._box = box

    async def load(self, connection: Connection, centre: str, at: datetime) -> Load:
        """What a centre carries now."""
        (row,) = await connection.fetch(QUERIES["load"], centre, at)
        return Load(*(row[name] for name in _LOAD))

    async def waiting(self, connection: Connection, centre: str) -> list[Waiting]:
        """The calls that wait or are on the line, the longest wait first; at most 2,000."""
        rows = await connection.fetch(QUERIES["waiting"], centre)
        return [
            Waiting(
                row["id"], row["home"], row["since"], row["priority"], row["motive"], row["hops"],
                row["answered"] is not None,
            )
            for row in rows
        ]  # fmt: skip

    async def hand_over(
        self, connection: Connection, centre: str, transfer: Transfer, *, with_p0: bool = False
    ) -> Parcel | None:
        """The call, which begins to leave; None where it may not: taken up, bounced before, a P0.

        The same transfer asked again gives the same parcel. Raises `Conflict` once it is regulated.
        """
        values = (centre, transfer.call, transfer.id, transfer.other, with_p0)
        row = await connection.fetchrow(QUERIES["hand_over"], *values)
        if row is None:
            return None
        case = await connection.fetchrow(QUERIES["case_of_call"], centre, transfer.call)
        if case is not None and case["state"] != "transferred":
            if case["state"] not in {"received", "qualified", "awaiting"}:
                raise Conflict("Ce dossier est déjà régulé : il ne part plus.")
            moving = (centre, case["id"], transfer.id, "transferred")
            await connection.execute(QUERIES["case_moves"], *moving)
        await _tell(connection, centre, transfer, "leaving", case)
        return self._parcel(row, case)

    async def parcel(self, connection: Connection, centre: str, call: UUID) -> Parcel | None:
        """A call as it would be handed over, read without moving it; None where it is not here."""
        row = await connection.fetchrow(QUERIES["call"], centre, call)
        if row is None:
            return None
        return self._parcel(row, await connection.fetchrow(QUERIES["case_of_call"], centre, call))

    async def confirm(self, connection: Connection, centre: str, transfer: Transfer) -> bool:
        """Ends the line of a call that the other centre has; False where it was done before."""
        return await _settle(connection, centre, transfer, "gone")

    async def take_back(self, connection: Connection, centre: str, transfer: Transfer) -> bool:
        """Puts a call back in its queue, at its true place; False where it was done before."""
        if not await _settle(connection, centre, transfer, "waiting"):
            return False
        case = await connection.fetchrow(QUERIES["case_of_call"], centre, transfer.call)
        if case is not None and case["state"] == "transferred":
            values = (centre, case["id"], None, "qualified")
            await connection.execute(QUERIES["case_moves"], *values)
        return True

    async def receive(
        self, connection: Connection, centre: str, transfer: Transfer, parcel: Parcel
    ) -> bool:
        """Takes a call of another centre in the queue; True too where this transfer was taken.

        False for a call that this centre has by another way: it is refused.
        """
        number, sealed = self._box.seal("call", str(parcel.id), parcel.content)
        made = await connection.fetchval(
            QUERIES["receive_call"], centre, parcel.id, parcel.home, parcel.since, parcel.priority,
            parcel.motive, parcel.line, parcel.way, transfer.id, transfer.other,
            self._box.digest(str(parcel.content.get("number", ""))) or parcel.id.bytes,
            sealed, number,
        )  # fmt: skip
        if made is None:
            known = await connection.fetchval(QUERIES["received"], centre, parcel.id)
            return bool(known == transfer.id)
        if parcel.case is not None:
            await self._receive_case(connection, centre, parcel, transfer.id)
        await _tell(connection, centre, transfer, "received", parcel.case)
        return True

    async def give_back(self, connection: Connection, centre: str, transfer: Transfer) -> bool:
        """Ends the line of a received call that nobody has taken up yet, to give it back."""
        values = (centre, transfer.call, transfer.id, transfer.at)
        if await connection.fetchval(QUERIES["give_back"], *values) is None:
            return False
        await _tell(connection, centre, transfer, "given-back")
        return True

    def _parcel(self, row: Row, case: Row | None) -> Parcel:
        content = self._box.open("call", str(row["id"]), row["content"])
        carried: dict[str, Any] | None = None
        if case is not None:
            inside = self._box.open("case", str(case["id"]), case["content"])
            carried = {name: case[name] for name in _CASE} | {
                "id": str(case["id"]), "opened": case["opened"].isoformat(), "content": inside,
            }  # fmt: skip
        return Parcel(
            row["id"], row["home"], row["since"], row["priority"], row["motive"], row["line"],
            row["way"], content, carried,
        )  # fmt: skip

    async def _receive_case(
        self, connection: Connection, centre: str, parcel: Parcel, transfer: UUID
    ) -> None:
        case = parcel.case or {}
        number, sealed = self._box.seal("case", case["id"], case["content"])
        await connection.execute(
            QUERIES["receive_case"], centre, UUID(case["id"]), parcel.id, case["number"],
            case["home"], datetime.fromisoformat(case["opened"]), case["opened_by"],
            case["priority"], case["motive"], case["commune"], case["field"], transfer, sealed,
            number,
        )  # fmt: skip


async def _settle(connection: Connection, centre: str, transfer: Transfer, state: str) -> bool:
    ended = transfer.at if state == "gone" else None
    values = (centre, transfer.call, transfer.id, state, ended)
    if await connection.fetchval(QUERIES["settle"], *values) is None:
        return False
    await _tell(connection, centre, transfer, state if ended else "returned")
    return True


async def _tell(
    connection: Connection, centre: str, transfer: Transfer, kind: str, case: Any = None
) -> None:
    key = None if case is None else UUID(str(case["id"]))
    at = transfer.at
    values = (centre, transfer.call, key, kind, at, at, AGENT, None, None, None)
    await connection.execute(QUERIES["tell"], *values)
