"""Consent for one consultation: asked by a professional, given by the patient, ended soon.

The patient answers in their own account, or tells a code that they were shown there. It ends with
the session of the professional, and after four hours at most. Rule: A3.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from cordee.identity.accounts.sealing import fingerprint
from cordee.runtime.constraints import table_rules
from cordee.runtime.database import Connection
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.runtime.queries import load_queries

LONGEST: Final = timedelta(hours=4)
ASKED_FOR: Final = timedelta(minutes=30)
CODE_LIVES: Final = timedelta(minutes=15)
TRIES_WITHIN: Final = timedelta(hours=1)
MOST_TRIES: Final = 5
USED: Final = "Ce code a déjà servi. Demandez-en un nouveau."
_QUERIES = load_queries("cordee.access.registers")


@dataclass(frozen=True, slots=True)
class Asker:
    """Which professional asks, in which session of the screen, about which patient (bare id)."""

    agent: str
    practitioner: str
    structure: str
    session: str
    patient: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request under its number, and what became of it."""

    id: UUID
    agent: str
    practitioner: str
    structure: str
    patient: str
    asked: datetime
    ends: datetime
    accepted: bool | None
    access_ends: datetime | None


def consultation_actor(number: UUID) -> str:
    """The text whose hash stands in `care_circle` for a consent."""
    return f"consultation/{number}"


async def ask(connection: Connection, asker: Asker, at: datetime) -> UUID:
    """The number of a request that the patient may answer within half an hour."""
    number = uuid4()
    await connection.execute(
        _QUERIES["ask_consultation"], number, at, at + ASKED_FOR, asker.agent,
        asker.practitioner, asker.structure, fingerprint(asker.session), asker.patient,
    )  # fmt: skip
    return number


async def answer(  # noqa: PLR0913 -- an answer is all of this
    connection: Connection,
    keys: Callable[[str], int],
    number: UUID,
    by: str,
    *,
    accepted: bool,
    at: datetime,
    code: int | None = None,
    acting: int | None = None,
) -> None:
    """Keeps the patient's answer; an agreement opens the record in the same statement.

    `code` is the number of the code that was told. Raises `NotFound` for a request that nobody can
    answer now, `RuleBroken` for one that is answered or a code that has served.
    """
    rules = {"": "cette demande a déjà une réponse", "consultation_answer_code_key": USED}
    with table_rules(rules):
        found = await connection.fetchval(
            _QUERIES["answer_consultation"], number, at, by, accepted,
            at + LONGEST if accepted else None, code, keys(consultation_actor(number)), acting,
        )  # fmt: skip
    if found is None:
        raise NotFound("nobody asks this now")


async def close_consultation(
    connection: Connection, number: UUID, agent: str, at: datetime
) -> None:
    """Ends a consent before its time; raises `NotFound` for one that is not the agent's."""
    with table_rules({"": "cet accès est déjà terminé"}):
        found = await connection.fetchval(_QUERIES["close_consultation"], number, at, agent)
    if found is None:
        raise NotFound("no such consent")


async def make_code(
    connection: Connection, keys: Callable[[str], int], patient: str, code: str, at: datetime
) -> datetime:
    """Keeps a code that the patient may tell; until when it serves."""
    ends = at + CODE_LIVES
    await connection.execute(
        _QUERIES["make_code"], patient, keys(_code_text(patient, code)), at, ends
    )
    return ends


async def known_code(
    connection: Connection, keys: Callable[[str], int], asker: Asker, code: str, at: datetime
) -> int | None:
    """The number of the code, None when it is wrong; each call counts as a try.

    Raises `RuleBroken` after five tries within an hour, of the agent or about the patient.
    """
    tries: int = (
        await connection.fetchval(
            _QUERIES["try_code"], at, asker.agent, asker.patient, at - TRIES_WITHIN
        )
        or 0
    )
    if (tries or 0) >= MOST_TRIES:
        raise RuleBroken("Trop d’essais. Attendez une heure, ou demandez l’accord dans le compte.")
    digest = keys(_code_text(asker.patient, code))
    return await connection.fetchval(_QUERIES["known_code"], asker.patient, digest, at)


async def live_consultations(connection: Connection, agent: str, at: datetime) -> tuple[UUID, ...]:
    """Numbers of the consents of an agent that open a record at a moment.

    The scope of the agent holds the hash of the `consultation_actor` of each. Opposition to
    sharing, and a block, close them: decision, ties.
    """
    rows = await connection.fetch(_QUERIES["live_consultations"], agent, at)
    return tuple(row["id"] for row in rows)


async def waiting_for(connection: Connection, patient: str, at: datetime) -> tuple[Asked, ...]:
    """Requests that wait for the answer of a patient."""
    rows = await connection.fetch(_QUERIES["waiting_consultations"], patient, at)
    return tuple(_read(row) for row in rows)


async def last_asked(connection: Connection, agent: str, patient: str) -> Asked | None:
    """The newest request of an agent about a patient."""
    row = await connection.fetchrow(_QUERIES["last_consultation"], agent, patient)
    return _read(row) if row else None


async def open_spans(
    connection: Connection, agent: str, patient: str, at: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """Beginnings and ends of the consents of an agent for a patient that hold at a moment."""
    rows = await connection.fetch(_QUERIES["consultation_spans"], agent, patient, at)
    return tuple((row["start"], row["ends"]) for row in rows)


def _code_text(patient: str, code: str) -> str:
    return f"consultation-code/{patient}/{code}"


def _read(row: Mapping[str, Any]) -> Asked:
    return Asked(
        row["id"], row["agent"], row["practitioner"], row["structure"], row["patient"],
        row["asked"], row["ends"], row["accepted"], row["access_ends"],
    )  # fmt: skip
