"""Appointments that vendors declare (INT_R03): read, kept once, in order; dead letters. Rule: C3.7.

Rule: SAS 1.2.0 (FrAppointmentSAS, sas-sos-appointment). The same message is taken once, an older
version changes nothing, what cannot be used is kept sealed until somebody has it taken again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Protocol
from uuid import UUID

import orjson

from cordee.care.unscheduled.declared import Declared
from cordee.gateways.sas.reading import IDNPS
from cordee.runtime import clock
from cordee.runtime.database import Connection, Database
from cordee.runtime.envelopes import Ring, opened
from cordee.runtime.errors import InvalidRequest, NotFound
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.gateways.sas")
STATUSES: Final = frozenset({"pending", "booked", "fulfilled", "noshow", "cancelled"})
OPERATOR: Final = "http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator"
_PLACES: Final = frozenset({"accepted", "needs-action"})
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Meeting:
    """An appointment as a vendor tells it: `key` is system|value; SOS has no `practitioner`."""

    key: str
    status: str
    starts: datetime
    ends: datetime
    operator: str
    practitioner: str
    told: datetime | None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message: taken (new or not), old, or dead with its reason."""

    state: str
    reason: str = ""
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that could not be used; `reason` quotes none of it."""

    n: int
    vendor: str
    at: datetime
    times: int
    reason: str


@dataclass(frozen=True, slots=True)
class Alone:
    """An appointment of one of our regulators that belongs to no case."""

    vendor: str
    starts: datetime
    name: str


class Declarations(Protocol):
    """The cases of the floor, which hear what vendors declare."""

    async def hear(
        self, connection: Connection, told: Declared, known: UUID | None, at: datetime
    ) -> UUID | None:
        """Tells the case; the booking that it is."""
        ...


class Ledger:
    """The appointments and the dead letters of one installation."""

    def __init__(
        self, database: Database, ring: Ring, declarations: Declarations | None = None
    ) -> None:
        """`ring` seals what could not be used; `declarations` join what could."""
        self._database = database
        self._ring = ring
        self._declarations = declarations

    async def take(self, vendor: str, body: bytes, key: str = "") -> Taken:
        """Takes a message; `key` is the identifier of its address, which its body must bear."""
        digest = sha256(key.encode() + b"\0" + body).digest()
        try:
            meeting = read_meeting(body, key)
        except InvalidRequest as error:
            return await self._bury(vendor, digest, body, error.message)
        async with self._database.transaction() as connection:
            values = (vendor, digest, clock.now(), "taken", "", None, None)
            number = await connection.fetchval(QUERIES["receive"], *values)
            if number is None:
                known = await connection.fetchrow(QUERIES["again"], vendor, digest)
                return Taken(known["state"], known["reason"]) if known else Taken("taken")
            is_new = await self._keep(connection, vendor, meeting)
            if is_new is None:
                await connection.execute(QUERIES["settle"], number, "old", "")
                return Taken("old")
        return Taken("taken", is_new=is_new)

    async def _bury(self, vendor: str, digest: bytes, body: bytes, reason: str) -> Taken:
        data_key, sealed = self._ring.seal(body, _place(vendor, digest))
        values = (vendor, digest, clock.now(), "dead", reason, sealed, data_key)
        async with self._database.transaction() as connection:
            if await connection.fetchval(QUERIES["receive"], *values) is None:
                await connection.fetchrow(QUERIES["again"], vendor, digest)
        return Taken("dead", reason)

    async def dead(self) -> Sequence[Letter]:
        """What could not be used, the oldest first; 200 at most."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["dead"])
        return [Letter(**dict(row)) for row in rows]

    async def again(self, number: int) -> Taken:
        """Takes a dead letter again, after what refused it was mended; raises `NotFound`."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(QUERIES["letter"], number)
            if row is None:
                raise NotFound("there is no such letter")
            body = opened(bytes(row["content"]), _place(row["vendor"], bytes(row["digest"])))
            try:
                meeting = read_meeting(body, "")
            except InvalidRequest as error:
                await connection.execute(QUERIES["settle"], number, "dead", error.message)
                return Taken("dead", error.message)
            is_new = await self._keep(connection, row["vendor"], meeting)
            state = "old" if is_new is None else "taken"
            await connection.execute(QUERIES["settle"], number, state, "")
        return Taken(state, is_new=bool(is_new))

    async def lay_aside(self, number: int) -> None:
        """Gives a dead letter up, with its content; raises `NotFound`."""
        async with self._database.write.acquire() as connection:
            if await connection.fetchval(QUERIES["aside"], number) is None:
                raise NotFound("there is no such letter")

    async def _keep(self, connection: Connection, vendor: str, one: Meeting) -> bool | None:
        """Whether it is new; None where a newer version is known. Its case hears of it."""
        values = (one.status, one.starts, one.ends, one.operator, one.practitioner, one.told)
        at = clock.now()
        is_new: bool | None = await connection.fetchval(
            QUERIES["keep"], vendor, one.key, *values, at
        )
        if is_new is None or self._declarations is None:
            return is_new
        row = await connection.fetchrow(QUERIES["joined"], vendor, one.key)
        if row is not None and (row["hold"] or row["login"]):
            told = Declared(vendor, one.status, one.starts, row["login"])
            hold = await self._declarations.hear(connection, told, row["hold"], at)
            await connection.execute(QUERIES["join"], vendor, one.key, hold)
        return is_new

    async def alone(self) -> Sequence[Alone]:
        """Appointments to come of our regulators that belong to no case; 200 at most."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["alone"], clock.now())
        return [Alone(**dict(row)) for row in rows]

    async def one(self, vendor: str, key: str) -> Mapping[str, Any] | None:
        """An appointment of a vendor as last told; None for none."""
        async with self._database.steady.acquire() as connection:
            row = await connection.fetchrow(QUERIES["appointment"], vendor, key)
        return None if row is None else dict(row)


def read_meeting(body: bytes, key: str) -> Meeting:
    """An Appointment of the guide; raises `InvalidRequest` with what is wrong, quoting nothing."""
    try:
        told = orjson.loads(body)
    except ValueError as error:
        raise InvalidRequest("body: this is no JSON") from error
    if not isinstance(told, dict) or told.get("resourceType") != "Appointment":
        raise InvalidRequest("resourceType: an Appointment is expected")
    try:
        found = _read(told)
    except (TypeError, AttributeError, KeyError, IndexError, ValueError) as error:
        raise InvalidRequest("Appointment: an element is missing or of another type") from error
    if key and key != found.key:
        raise InvalidRequest("identifier: the address and the body name two appointments")
    return found


def _read(told: Mapping[str, Any]) -> Meeting:
    identifiers = told.get("identifier") or []
    if len(identifiers) != 1:
        raise InvalidRequest("identifier: exactly one is expected")
    key = f"{_text(identifiers[0], 'system')}|{_text(identifiers[0], 'value')}"
    if told.get("status") not in STATUSES:
        raise InvalidRequest("status: pending, booked, fulfilled, noshow or cancelled is expected")
    starts, ends = _moment(told, "start"), _moment(told, "end")
    if ends <= starts:
        raise InvalidRequest("end: it comes after start")
    extensions = [one for one in told.get("extension", ()) if one.get("url") == OPERATOR]
    if not extensions:
        raise InvalidRequest("extension: who books (FrAppointmentOperator) is expected")
    operator = _text(extensions[0]["valueReference"]["identifier"], "value")
    people = told.get("participant") or []
    if any(one.get("status") not in _PLACES for one in people):
        raise InvalidRequest("participant.status: accepted or needs-action is expected")
    actors = [(one.get("actor") or {}).get("identifier") or {} for one in people]
    held = [_text(one, "value") for one in actors if one.get("system") == IDNPS]
    stamp = (told.get("meta") or {}).get("lastUpdated")
    moment = _instant(str(stamp), "meta.lastUpdated") if stamp else None
    return Meeting(key, told["status"], starts, ends, operator, next(iter(held), ""), moment)


def _text(held: Mapping[str, Any], name: str) -> str:
    value = held.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        raise InvalidRequest(f"identifier.{name}: a text is expected")
    return value


def _moment(told: Mapping[str, Any], name: str) -> datetime:
    value = told.get(name)
    if not isinstance(value, str):
        raise InvalidRequest(f"{name}: a moment is expected")
    return _instant(value, name)


def _instant(value: str, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise InvalidRequest(f"{name}: a moment is expected") from error
    if moment.tzinfo is None:
        raise InvalidRequest(f"{name}: a moment with its offset is expected")
    return moment


def place_of(message: Mapping[str, Any]) -> str:
    """What the content of a row of `sas_received` is bound to."""
    return _place(message["vendor"], bytes(message["digest"]))


def _place(vendor: str, digest: bytes) -> str:
    return f"sas/{vendor}/{digest.hex()}"
