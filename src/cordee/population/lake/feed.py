"""The feed: what the journal tells, in its order, passes the door and lands in the tables.

A person who opposes the warehouse is left out from the next turn on, and what was there of them is
removed, backwards, in every snapshot; who takes it back comes in again, from the journal. The
live tables are never asked. Rules: G1.1, G1.2, A6.3.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.model.definitions import type_name
from cordee.fhir.store.journal import Change, changes_after
from cordee.fhir.store.tailing import Changed, Tail, contents
from cordee.population.lake.contents import TYPES
from cordee.population.lake.door import Door, stays
from cordee.population.lake.opposing import Oppositions
from cordee.population.lake.tables import Batch, Tables

READER: Final = "lake"
_TURN: Final = 20_000
_FIRST: Final = 1


@dataclass(slots=True)
class Turned:
    """What a turn did."""

    changes: int = 0
    rows: int = 0
    forgotten: int = 0
    returned: int = 0


@dataclass(slots=True)
class _Share:
    """What a turn has for one table, the last word on each resource alone."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    gone: dict[str, None] = field(default_factory=dict)
    is_new: bool = True


class Feed:
    """Feeds the tables of one era; `reader` is its mark in the journal."""

    def __init__(self, kernel: Kernel, door: Door, tables: Tables, reader: str = READER) -> None:
        """One process turns at a time: the mark is held by the database."""
        self._kernel = kernel
        self._door = door
        self._tables = tables
        self._tail = Tail(kernel.database, reader, from_start=True)
        self._oppositions = Oppositions(kernel.keys, reader)

    async def catch_up(self) -> Turned:
        """All that is published now."""
        whole = Turned()
        while (one := await self.turn()) is not None:
            whole.changes += one.changes
            whole.rows += one.rows
            whole.forgotten += one.forgotten
            whole.returned += one.returned
            if not one.changes:
                break
        return whole

    async def turn(self, most: int = _TURN) -> Turned | None:
        """The next part of the journal; None while another process has the turn."""
        async with self._tail.turn(most) as turn:
            if turn is None:
                return None
            done = Turned(changes=len(turn.changes))
            opposed = await self._oppositions.now(turn.connection)
            known = await self._oppositions.known(turn.connection)
            if opposed != known:
                done.forgotten = await self._forget(opposed - known)
            let_in = [one for one in turn.changes if one.patient not in opposed]
            if let_in:
                found = await contents(turn.connection, _wanted(let_in))
                done.rows = await asyncio.to_thread(self._load, found, turn.changes[-1].n)
            upto = turn.changes[-1].n if turn.changes else turn.mark
            for person in sorted(known - opposed):
                done.returned += await self._let_in_again(person, upto)
            if opposed != known:
                await self._oppositions.keep(turn.connection, opposed)
            return done

    async def _forget(self, persons: Iterable[int]) -> int:
        names = [self._door.pseudonyms.of_number(one) for one in persons]
        return await asyncio.to_thread(self._tables.forget, names) if names else 0

    async def _let_in_again(self, person: int, upto: int) -> int:
        """Loads a person's past from the journal, as far as this turn goes."""
        database, changes = self._kernel.database, list[Change]()
        while page := await changes_after(database, _last(changes), patient=person):
            changes += page
        changes = [one for one in changes if one.n <= upto]
        async with self._kernel.database.write.acquire() as connection:
            found = await contents(connection, _wanted(changes))
        shares = self._shares(found)
        rows = {kind: list(one.rows.values()) for kind, one in shares.items()}
        return await asyncio.to_thread(self._tables.add, rows)

    def _load(self, found: Sequence[Changed], upto: int) -> int:
        shares = self._shares(found)
        return sum(self._tables.apply(kind, _batch(share, upto)) for kind, share in shares.items())

    def _shares(self, found: Sequence[Changed]) -> Mapping[str, _Share]:
        shares: dict[str, _Share] = {}
        for one in found:
            if one.type in TYPES:
                self._take(one, shares.setdefault(one.type, _Share()))
        return shares

    def _take(self, one: Changed, share: _Share) -> None:
        share.is_new = share.is_new and one.change.version == _FIRST
        own = self._door.gone(one.type, one.id)
        resource = None if one.now is None else orjson.loads(one.now.whole())
        if resource is None or not stays(one.type, resource):
            share.rows.pop(own, None)
            share.gone[own] = None
            return
        share.gone.pop(own, None)
        row = self._door.row(one.type, resource, one.change.patient, one.change.n)
        share.rows[own] = row


def _last(changes: Sequence[Change]) -> int:
    return changes[-1].n if changes else 0


def _wanted(changes: Sequence[Change]) -> list[Change]:
    """The last change of each resource that has a table."""
    last = {one.rid: one for one in changes if type_name(one.type) in TYPES}
    return sorted(last.values(), key=lambda one: one.n)


def _batch(share: _Share, upto: int) -> Batch:
    return Batch(list(share.rows.values()), list(share.gone), upto, is_new=share.is_new)
