"""What is asked of the switchboard from a page, and what it told of a line. C1.10, decision 0078.

A page asks by a row; the process that holds the switchboard takes it, does it, and says how it
went. A call whose telephone did not answer waits again at its true place.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cordee.care.regulation.cases import Case, Said, stamp, stamps_of
from cordee.care.regulation.centres import Centre
from cordee.care.regulation.floor import QUERIES
from cordee.care.regulation.queue import Telephony
from cordee.care.regulation.ringing import PRO
from cordee.care.regulation.sealing import Box, plain_number
from cordee.care.regulation.telephony import Heard, LineEvent
from cordee.identity.principal import Principal
from cordee.runtime.clock import now
from cordee.runtime.database import Database
from cordee.runtime.errors import RuleBroken, Unavailable

AGENT: Final = "telephony"
TEXTS: Final = {"appelant": "text:caller", "poste": "text:taker"}
RELAYED: Final = "relay:114"
_WAIT_SECONDS: Final = 3.0
_LOOK_SECONDS: Final = 0.05
_AWAY: Final = "Le standard ne répond pas : l’appelant reste comme il était."
_NUMBER: Final = re.compile(r"\+?[0-9]{2,15}")


@dataclass(frozen=True, slots=True)
class Asked:
    """An act for the switchboard: `answer`, `transfer`, `conference`, `hang-up`; whom to join."""

    id: UUID
    call: UUID
    kind: str
    agent: str = ""
    who: str = ""
    name: str = ""


class Lines:
    """The lines of all centres of an installation."""

    def __init__(self, database: Database, box: Box) -> None:
        """`box` seals whom a call is joined to."""
        self._database = database
        self._box = box

    async def ask(self, principal: Principal, centre: Centre, asked: Asked) -> bool:
        """Asks, and waits three seconds for the end: False where the telephone still rings.

        Raises `Unavailable` with what the switchboard said.
        """
        key, sealed = self._box.seal("act", str(asked.id), {"who": asked.who, "name": asked.name})
        values = (asked.id, centre.id, asked.call, asked.kind, principal.user, now(), sealed, key)
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["ask_act"], *values)
        loop = asyncio.get_running_loop()
        until = loop.time() + _WAIT_SECONDS
        while loop.time() < until:
            async with self._database.write.acquire() as connection:
                row = await connection.fetchrow(QUERIES["act"], asked.id)
            if row is not None and row["done"] is not None:
                if row["failure"]:
                    raise Unavailable(row["failure"])
                return True
            await asyncio.sleep(_LOOK_SECONDS)
        async with self._database.write.acquire() as connection:
            dropped = await connection.fetchval(QUERIES["drop_act"], asked.id, now(), _AWAY)
        if dropped is not None:
            await self.let_ring(centre.id, asked.call, principal.user)
            raise Unavailable(_AWAY)
        return False

    async def take(self, centre: str) -> list[Asked]:
        """What is asked of the switchboard of a centre, once."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["take_acts"], centre, now())
        return [self._asked(row) for row in rows]

    async def settle(self, act: UUID, failure: str = "") -> None:
        """Says how an act ended: "" for well, else why not, in French."""
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["settle_act"], act, now(), failure)

    async def let_ring(self, centre: str, call: UUID, agent: str) -> None:
        """Puts a call back that was taken and whose telephone was not picked up."""
        at = now()
        async with self._database.transaction() as connection:
            if await connection.fetchval(QUERIES["let_ring"], centre, call, agent) is not None:
                said = Said("returned", AGENT, at, at)
                await stamp(connection, self._box, centre, (call, None), said)

    async def left(
        self, centre: str, ringing: Collection[UUID], at: datetime
    ) -> list[tuple[UUID, str]]:
        """Of calls that still ring, those that somebody took ten seconds ago and asked no more.

        With who took them: their page was cut between the queue and the switchboard.
        """
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["left_calls"], centre, list(ringing), at)
        return [(row["id"], row["agent"]) for row in rows]

    async def note(self, centre: str, call: UUID, event: LineEvent) -> None:
        """Stamps what the switchboard told of a line; a call that was passed on has its new agent.

        `event.who` is the name of a post or of whom was joined, sealed.
        """
        content = {"who": event.who, "reason": event.reason}
        said = Said(
            f"line:{event.kind}", AGENT, event.at, now(),
            {name: value for name, value in content.items() if value},
        )  # fmt: skip
        async with self._database.transaction() as connection:
            if await connection.fetchrow(QUERIES["call"], centre, call) is None:
                return
            await stamp(connection, self._box, centre, (call, None), said)
            if event.kind is Heard.TRANSFERRED:
                values = (centre, call, event.who, event.at)
                await connection.execute(QUERIES["pass_call"], *values)

    async def is_here(self, centre: Centre, call: UUID) -> bool:
        """Whether a call rings at the switchboard of a centre: one of a neighbour rings there."""
        if not centre.parameters.telephony.kind:
            return False
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["call"], centre.id, call)
        if row is None or row["line"] == PRO:  # made from a record: somebody calls back
            return False
        return row["state"] == "waiting" and not row["hops"]

    async def say(self, principal: Principal, case: Case, kind: str, words: str, form: str) -> None:
        """Keeps a turn of an exchange by text, or that the 114 took over; a form counts once."""
        if kind != RELAYED and not words:
            raise RuleBroken("Écrivez ce qui est dit.", expression=("texte",))
        at = now()
        async with self._database.transaction() as connection:
            await connection.execute(QUERIES["hold_case"], case.centre, case.id)
            known = await stamps_of(connection, self._box, case.centre, case.id)
            if any(one.content.get("form") == form for one in known):
                return
            said = Said(kind, principal.user, at, at, {"words": words, "form": form})
            await stamp(connection, self._box, case.centre, (case.call, case.id), said)

    def _asked(self, row: Mapping[str, Any]) -> Asked:
        told = self._box.open("act", str(row["id"]), row["content"])
        return Asked(
            row["id"], row["call"], row["kind"], row["agent"], told.get("who", ""),
            told.get("name", ""),
        )  # fmt: skip


def post_address(telephony: Telephony, post: str) -> str:
    """The address of a telephone; raises `RuleBroken` for who has chosen none."""
    address = telephony.posts.get(post, "")
    if not address:
        raise RuleBroken("Choisissez d’abord votre poste téléphonique.", expression=("poste",))
    return address


def number_address(telephony: Telephony, number: str) -> str:
    """The address by which the switchboard dials a number; raises `RuleBroken` for none."""
    plain = plain_number(number)
    typed = "".join(one for one in number if not one.isspace() and one not in ".-")
    if not _NUMBER.fullmatch(typed) or not telephony.trunk:
        raise RuleBroken("Donnez un numéro de téléphone, en chiffres.", expression=("tiers",))
    return telephony.trunk.format(number=plain)
