"""Two people in one file: frozen, taken apart event by event, with who read the wrong data.

Rule: A1.8; decision 0029.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from cordee.fhir.interactions.kernel import Kernel
from cordee.identity.patients.files import QUERIES, File, Files, Json, need_cell
from cordee.identity.patients.moving import Mover, held_of
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Connection
from cordee.runtime.errors import NotFound, RuleBroken

MOST_EVENTS = 500
FROZEN: Json = {"system": "urn:cordee:identity", "code": "frozen", "display": "Dossier gelé"}
_SHORTEST = 10
_SPLITS = "SET LOCAL cordee.splits = 'on'"
_NAMES = ("code", "type", "medicationCodeableConcept", "vaccineCode", "class", "category", "name")


@dataclass(frozen=True, slots=True)
class Event:
    """One resource of a file, in a few words."""

    resource: str
    type: str
    label: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """Who read a file while it held the data of two people."""

    agent: str
    times: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Collision:
    """A file with two people in it, and how far it was taken apart."""

    number: int
    patient: str
    since: datetime
    at: datetime
    motive: str
    opened_by: str
    ended: datetime | None
    note: str
    events: tuple[Event, ...]
    splits: Mapping[str, str]
    readers: tuple[Reader, ...]


class Colliding:
    """Collisions of identities."""

    def __init__(self, kernel: Kernel) -> None:
        """All parts of the kernel are open."""
        self._kernel = kernel
        self._files = Files(kernel)
        self._mover = Mover(kernel)

    async def open(self, principal: Principal, patient: str, since: datetime, motive: str) -> int:
        """Freezes a file; the number of its collision. Raises `RuleBroken` when it is frozen."""
        need_cell(principal)
        if len(motive.strip()) < _SHORTEST:
            raise RuleBroken("Dites en dix caractères au moins ce qui a été vu.")
        if since > clock.now():
            raise RuleBroken("La date du mélange est dans le futur.")
        async with self._kernel.database.transaction() as connection:
            file = await self._files.get(connection, patient)
            if await connection.fetchval(QUERIES["frozen_by"], patient) is not None:
                raise RuleBroken("Ce dossier est déjà gelé.")
            await self._files.change(connection, file, _frozen, principal.user)
            made = await connection.fetchrow(
                QUERIES["open_collision"], patient, since, motive.strip(), principal.user
            )
            number = int(made["n"]) if made else 0
            await connection.execute(QUERIES["freeze"], file.pat, number)
            detail = f"identity collision {number} opened"
            await self._files.trace(connection, principal.user, [file.pat], detail)
        return number

    async def split(self, principal: Principal, number: int, resource: str, target: str) -> None:
        """Gives one event to the other person. Raises `RuleBroken` when it is not of this file."""
        need_cell(principal)
        kind, _, key = resource.partition("/")
        async with self._kernel.database.transaction() as connection:
            row = await self._open_one(connection, number)
            if target == row["patient"]:
                raise RuleBroken("Cet événement est déjà dans ce dossier.")
            await self._files.get(connection, target)
            await connection.execute(_SPLITS)
            held = [
                held_of(one)
                for one in await connection.fetch(
                    QUERIES["events"], self._kernel.keys(f"Patient/{row['patient']}"), MOST_EVENTS
                )
                if (held_of(one).type, one["id"]) == (kind, key)
            ]
            way = (row["patient"], target)
            if not await self._mover.relink(connection, held, way, principal.user):
                raise RuleBroken("Cet événement n’est pas de ce dossier.")
            await connection.execute(QUERIES["split"], number, resource, target, principal.user)

    async def close(self, principal: Principal, number: int, note: str) -> None:
        """Ends a collision: the file can be written again."""
        need_cell(principal)
        if len(note.strip()) < _SHORTEST:
            raise RuleBroken("Dites en dix caractères au moins ce qui a été fait.")
        async with self._kernel.database.transaction() as connection:
            row = await self._open_one(connection, number)
            await connection.execute(
                QUERIES["close_collision"], number, principal.user, note.strip()
            )
            await connection.execute(QUERIES["thaw"], number)
            file = await self._files.get(connection, row["patient"])
            await self._files.change(connection, file, _thawed, principal.user)
            pats = [self._kernel.keys(f"Patient/{row['patient']}")]
            detail = f"identity collision {number} closed"
            await self._files.trace(connection, principal.user, pats, detail)

    async def shown(self, principal: Principal, number: int) -> Collision:
        """A collision with its events and its readers; looking at it is traced."""
        need_cell(principal)
        async with self._kernel.database.transaction() as connection:
            row = await self._row(connection, number)
            pat = self._kernel.keys(f"Patient/{row['patient']}")
            events = await connection.fetch(QUERIES["events"], pat, MOST_EVENTS)
            splits = await connection.fetch(QUERIES["splits"], number)
            until = row["ended"] or clock.now()
            readers = await connection.fetch(QUERIES["readers"], pat, row["since"], until)
            detail = f"identity collision {number} read"
            await self._files.trace(connection, principal.user, [pat], detail)
        return Collision(
            number=number, patient=row["patient"], since=row["since"], at=row["at"],
            motive=row["motive"], opened_by=row["opened_by"], ended=row["ended"],
            note=row["note"] or "", events=tuple(map(_event, events)),
            splits={one["resource"]: one["target"] for one in splits},
            readers=tuple(Reader(*one) for one in readers),
        )  # fmt: skip

    async def concerned(self, principal: Principal, number: int) -> list[File]:
        """The people whom a letter is owed: of the file, and of those who were given events."""
        need_cell(principal)
        async with self._kernel.database.write.acquire() as connection:
            row = await self._row(connection, number)
            splits = await connection.fetch(QUERIES["splits"], number)
            names = dict.fromkeys([row["patient"], *(one["target"] for one in splits)])
            return [await self._files.get(connection, one) for one in names]

    async def listed(self, principal: Principal, most: int = 20) -> Sequence[Mapping[str, Any]]:
        """Open collisions, then those that ended last."""
        need_cell(principal)
        async with self._kernel.database.write.acquire() as connection:
            return await connection.fetch(QUERIES["collisions"], most)

    async def frozen_by(self, patient: str) -> int | None:
        """Number of the collision for which a file is frozen."""
        async with self._kernel.database.write.acquire() as connection:
            return await connection.fetchval(QUERIES["frozen_by"], patient)

    async def _open_one(self, connection: Connection, number: int) -> Mapping[str, Any]:
        row = await self._row(connection, number)
        if row["ended"] is not None:
            raise RuleBroken("Cette collision est close.")
        return row

    async def _row(self, connection: Connection, number: int) -> Mapping[str, Any]:
        row = await connection.fetchrow(QUERIES["collision"], number)
        if row is None:
            raise NotFound("there is no such collision")
        return row


def is_frozen(patient: Json) -> bool:
    """Whether a file says that it is frozen, for whoever reads it."""
    return FROZEN in patient.get("meta", {}).get("tag", ())


def _frozen(patient: Json) -> Json:
    meta = patient.get("meta", {})
    return patient | {"meta": meta | {"tag": [*meta.get("tag", ()), FROZEN]}}


def _thawed(patient: Json) -> Json:
    meta = dict(patient.get("meta", {}))
    meta["tag"] = [one for one in meta.get("tag", ()) if one != FROZEN]
    return patient | {"meta": {name: value for name, value in meta.items() if value != []}}


def _event(row: Mapping[str, Any]) -> Event:
    held = held_of(row)
    return Event(f"{held.type}/{held.id}", held.type, _label(orjson.loads(held.body)), row["sd"])


def _label(resource: Json) -> str:
    """What a resource is about, by its first code that has words."""
    for name in _NAMES:
        value = resource.get(name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                return one
            if isinstance(one, dict):
                words = one.get("text") or one.get("display")
                words = words or next(
                    (coding["display"] for coding in one.get("coding", ()) if "display" in coding),
                    "",
                )
                if words:
                    return str(words)
    return ""
