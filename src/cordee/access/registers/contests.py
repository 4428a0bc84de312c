"""What patients contest of the trail, and what the DPO answers. Rule: A3.11."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cordee.runtime.constraints import table_rules
from cordee.runtime.database import Connection
from cordee.runtime.errors import NotFound
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.access.registers")


@dataclass(frozen=True, slots=True)
class Contest:
    """A contest of a line of the trail, with its answer where there is one."""

    id: UUID
    at: datetime
    patient: str
    line: int
    words: str
    seen_at: datetime | None
    agent: str
    detail: str
    answered: datetime | None
    justified: bool | None
    answer: str


async def contest(  # noqa: PLR0913 -- who says what of which line
    connection: Connection, patient: str, line: int, by: str, *, words: str, at: datetime
) -> None:
    """Keeps a contest; raises `RuleBroken` for a line that was contested before."""
    with table_rules({"": "Vous avez déjà signalé cet accès."}):
        await connection.execute(_QUERIES["contest"], at, patient, by, line, words)


async def answer_contest(  # noqa: PLR0913 -- who answers what
    connection: Connection, number: UUID, by: str, *, justified: bool, words: str, at: datetime
) -> str:
    """Keeps the DPO's answer; the patient it is for. Raises `NotFound`, `RuleBroken` if done."""
    reasons = {
        "": "Écrivez la réponse, en 10 caractères au moins.",
        "contest_answer_pkey": "Ce signalement a déjà une réponse.",
    }
    with table_rules(reasons):
        patient = await connection.fetchval(
            _QUERIES["answer_contest"], number, at, by, justified, words
        )
    if patient is None:
        raise NotFound("no such contest")
    return patient


async def contests_of(connection: Connection, patient: str) -> tuple[Contest, ...]:
    """All contests of a patient."""
    return _read(await connection.fetch(_QUERIES["contests_of"], patient))


async def open_contests(connection: Connection, most: int) -> tuple[Contest, ...]:
    """Contests that nobody has answered, the oldest first."""
    return _read(await connection.fetch(_QUERIES["open_contests"], most))


def _read(rows: list[object]) -> tuple[Contest, ...]:
    return tuple(Contest(**dict(row)) for row in rows)  # pyright: ignore[reportCallIssue,reportArgumentType]
