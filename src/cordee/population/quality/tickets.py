"""Tickets to a source about what it tells: opened on a line of the report, closed beside another.

Each step keeps who took it and when; an illegal move is refused. Rule: G1.4, decision 0115.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from cordee.identity.principal import Principal
from cordee.population.callers import QUALITY, TICKETS, need
from cordee.population.quality.lines import Line
from cordee.runtime.database import Database
from cordee.runtime.errors import Conflict, InvalidRequest, NotFound, RuleBroken

OPEN, SENT, FIXED, CONTESTED, CLOSED = "open", "sent", "fixed", "contested", "closed"
MOVES: Final[Mapping[str, tuple[str, ...]]] = {
    OPEN: (SENT, CLOSED),
    SENT: (FIXED, CONTESTED),
    FIXED: (CLOSED, SENT),
    CONTESTED: (CLOSED, SENT),
    CLOSED: (),
}
"""To which states each one may go; only a closed ticket stays as it is."""
WORDS: Final = 2000
_PAGE: Final = 500
_OPEN: Final = """
INSERT INTO quality_ticket (form, made_by, source, kind, check_name, dimension, seen, words)
VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8) ON CONFLICT (form) DO NOTHING RETURNING number
"""
_OF_FORM: Final = "SELECT number FROM quality_ticket WHERE form = $1"
_TICKETS: Final = """
SELECT t.number, t.at, t.made_by, t.source, t.kind, t.check_name, t.dimension, t.seen::text AS seen,
  t.words, coalesce(s.state, 'open') AS state
FROM quality_ticket t LEFT JOIN LATERAL (
  SELECT state FROM quality_ticket_step WHERE ticket = t.number ORDER BY number DESC LIMIT 1
) s ON true
WHERE $1::int8 IS NULL OR t.number = $1 ORDER BY t.number DESC LIMIT $2
"""
_STEPS: Final = """
SELECT at, made_by, state, words FROM quality_ticket_step WHERE ticket = $1 ORDER BY number
"""
_HOLD: Final = "SELECT pg_advisory_xact_lock(hashtextextended('quality_ticket ' || $1::text, 0))"
_STEP: Final = """
INSERT INTO quality_ticket_step (ticket, made_by, state, words) VALUES ($1, $2, $3, $4)
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A move: when, by whom, to which state, with what words."""

    at: datetime
    by: str
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket; `seen` is the line of the day on which it was opened, `day` that day."""

    number: int
    at: datetime
    by: str
    seen: Line
    day: str
    words: str
    state: str
    steps: tuple[Step, ...] = ()


class Tickets:
    """The tickets of an installation; for who steers the region."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    async def open(self, principal: Principal, form: UUID, seen: Line, day: str, words: str) -> int:
        """Opens a ticket on a line of a day, its number; the same form sent again is one.

        Raises `InvalidRequest` for no words, or too many.
        """
        need(principal, TICKETS)
        text = words.strip()
        if not 0 < len(text) <= WORDS:
            raise InvalidRequest(f"say what was seen, in at most {WORDS} letters")
        told = orjson.dumps(asdict(seen) | {"day": day}).decode()
        values = (
            form, principal.name, seen.source, seen.kind, seen.check, seen.dimension, told, text,
        )  # fmt: skip
        async with self._database.transaction() as connection:
            number = await connection.fetchval(_OPEN, *values)
            return int(number or await connection.fetchval(_OF_FORM, form) or 0)

    async def latest(self, principal: Principal) -> list[Ticket]:
        """The newest tickets, at most 500, without their steps."""
        need(principal, QUALITY)
        async with self._database.write.acquire() as connection:
            return [_ticket(row) for row in await connection.fetch(_TICKETS, None, _PAGE)]

    async def get(self, principal: Principal, number: int) -> Ticket:
        """A ticket with its steps; raises `NotFound`."""
        need(principal, QUALITY)
        async with self._database.write.acquire() as connection:
            return await _one(connection, number)

    async def move(self, principal: Principal, number: int, state: str, words: str) -> None:
        """Moves a ticket; raises `Conflict` for a move that cannot be, `RuleBroken` without words.

        Who contests, or sends it again, says why.
        """
        need(principal, TICKETS)
        async with self._database.transaction() as connection:
            await connection.execute(_HOLD, str(number))
            ticket = await _one(connection, number)
            if state not in MOVES[ticket.state]:
                raise Conflict(f"a ticket that is {ticket.state} does not become {state}")
            is_answer = state == CONTESTED or (state == SENT and ticket.state != OPEN)
            if (is_answer and not words.strip()) or len(words) > WORDS:
                raise RuleBroken("say why", expression=("mots",))
            await connection.execute(_STEP, number, principal.name, state, words.strip())


async def _one(connection: Any, number: int) -> Ticket:
    row = await connection.fetchrow(_TICKETS, number, 1)
    if row is None:
        raise NotFound(f"there is no ticket {number}")
    steps = await connection.fetch(_STEPS, number)
    return _ticket(row, tuple(Step(one[0], one[1], one[2], one[3]) for one in steps))


def _ticket(row: Any, steps: tuple[Step, ...] = ()) -> Ticket:
    told = orjson.loads(row["seen"])
    day = told.pop("day")
    return Ticket(
        row["number"], row["at"], row["made_by"], Line(**told), day, row["words"], row["state"],
        steps,
    )  # fmt: skip
