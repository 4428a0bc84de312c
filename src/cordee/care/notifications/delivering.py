"""Notifications that leave the house: leased, sent, tried again, or given to a person.

What is taken over is delivered; what is refused for good, or not taken for a day, has failed: then
somebody telephones, where it was urgent or the letter was all that reached them. A process that
dies while it sends leaves its lease to another: at least once. Rules: B2.5, B2.7, B2.11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from cordee.care.notifications import letters
from cordee.care.notifications.following import Followings
from cordee.care.notifications.notify import BARE, WITH_FILE, stand_in
from cordee.care.notifications.ports import (
    File,
    Mailboxes,
    Message,
    Papers,
    People,
    Reading,
    Refused,
    Sender,
)
from cordee.care.notifications.spreading import QUERIES, order_call, told_of
from cordee.care.notifications.states import State
from cordee.identity.patients.light import is_light
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import TimedOut, Unavailable

Row = Any
_MOST: Final = 50
_LEASE: Final = timedelta(minutes=5)
_AGAIN: Final = tuple(timedelta(minutes=one) for one in (1, 5, 15, 60))
_LONGEST: Final = timedelta(hours=24)
_GATHERED: Final = frozenset({"email", "sms"})


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways out of the house that are connected, by channel, and where our pages are."""

    site: str
    senders: Mapping[str, Sender] = field(default_factory=dict)


class Delivering:
    """Sends for one installation."""

    def __init__(
        self,
        database: Database,
        ways: Ways,
        followings: Followings,
        mailboxes: Mailboxes,
        knowing: tuple[People, Reading, Papers],
    ) -> None:
        """`followings` and `mailboxes` know addresses; `knowing` who reads what, and its files."""
        self._database = database
        self._ways = ways
        self._followings = followings
        self._mailboxes = mailboxes
        self._people, self._reading, self._papers = knowing

    async def send_due(self) -> int:
        """Sends what is due, at most some; how many lines that were."""
        now = clock.now()
        async with self._database.transaction() as connection:
            rows = await connection.fetch(QUERIES["lease_due"], now, _MOST, now + _LEASE)
        seen = [row["n"] for row in rows if row["is_seen"]]
        if seen:  # read on the screen meanwhile: nothing is left to say
            await self._settle(seen, State.READ)
        groups = _grouped([row for row in rows if not row["is_seen"]])
        await asyncio.gather(*(self._group(one, now) for one in groups))
        return len(rows)

    async def _group(self, rows: Sequence[Row], now: datetime) -> None:
        numbers = [row["n"] for row in rows]
        try:
            await self._send(rows[0], now)
        except Refused as error:
            await self._failed(rows, error.code)
        except (Unavailable, TimedOut):
            if now - rows[0]["since"] >= _LONGEST:
                await self._failed(rows, "unreachable")
            else:
                wait = _AGAIN[min(rows[0]["tries"], len(_AGAIN)) - 1]
                async with self._database.write.acquire() as connection:
                    await connection.execute(QUERIES["send_later"], numbers, now + wait)
        else:
            await self._settle(numbers, State.DELIVERED)

    async def _send(self, row: Row, now: datetime) -> None:
        channel = row["channel"]
        sender = self._ways.senders.get(channel)
        if sender is None:
            raise Refused("not-connected")
        address = await self._address(row)
        if not address:
            raise Refused("no-address")
        number = f"notification-{row['n']}"
        if channel == "email":
            text = letters.bare_text(self._ways.site)
            message = Message(address, letters.SUBJECT, text, number)
        elif channel == "sms":
            message = Message(address, "", letters.bare_line(self._ways.site), number)
        else:
            message = await self._full(row, address, now)
        await sender.send(message)

    async def _address(self, row: Row) -> str:
        if row["channel"] == "mssante" and "/" in row["reader"]:
            return await self._mailboxes.address(row["reader"])
        return await self._followings.reach(row["reader"], row["channel"])

    async def _full(self, row: Row, address: str, now: datetime) -> Message:
        """A letter or an order, of what its recipient may read now; bare where that is nothing."""
        event = told_of(row, row["event"])
        reader = row["reader"]
        principal = stand_in(reader)
        if "/" not in reader:
            principal = (await self._people.named([reader])).get(reader, principal)
        wanted = {event.patient, event.focus, event.place} - {""}
        shown = await self._reading.shown(principal, wanted)
        number = f"notification-{row['n']}"
        if event.about and event.about not in shown and event.kind not in BARE:
            raise Refused("closed")
        if row["channel"] == "mssante":
            patient, paper = shown.get(event.patient, {}), shown.get(event.focus)
            if is_light(patient):  # B7.8: nothing of a light file goes this way, nobody is alarmed
                raise Refused("closed")
            if event.kind in WITH_FILE and not patient:
                raise Refused("closed")
            files: Sequence[File] = ()
            if event.kind in WITH_FILE and paper is not None:
                files = await self._papers.files(principal, paper, patient)
            text = letters.letter_text(event, shown, self._ways.site)
            return Message(address, letters.MSSANTE_SUBJECT, text, number, files=files)
        subscription = f"{self._ways.site}/fhir/Subscription/{row['rule']}"
        body = letters.order(event, shown, subscription=subscription, address=address, now=now)
        return Message(address, "", "", number, body)

    async def _failed(self, rows: Sequence[Row], code: str) -> None:
        await self._settle([row["n"] for row in rows], State.FAILED, code)
        for row in rows:
            event = told_of(row, row["event"])
            if code != "closed" and (event.urgent or row["channel"] == "mssante"):
                async with self._database.transaction() as connection:
                    await order_call(connection, event, event.sender, row["reader"], "refused")

    async def _settle(self, numbers: Sequence[int], state: State, code: str = "") -> None:
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["settle"], list(numbers), state.value, code)


def _grouped(rows: Sequence[Row]) -> list[list[Row]]:
    """What goes in one message: all that waits for a person on a channel that says nothing."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        alone = () if row["channel"] in _GATHERED else (row["n"],)
        groups.setdefault((row["reader"], row["channel"], *alone), []).append(row)
    return list(groups.values())
