"""What patients have said of their record and of its documents, and where professionals work.

Each statement is a row; the last one counts, as of the moment that is asked about. FHIR Consent
holds no national profile for these: a Consent that says the same is named as the source.
Rule: A3.3, A3.5 to A3.7, A6.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cordee.access.facts import Consent
from cordee.access.standing import roles_of
from cordee.fhir.indexing.landmarks import ATTENDING, CIRCLE, TEAM
from cordee.runtime.constraints import table_rules
from cordee.runtime.database import Connection
from cordee.runtime.errors import RuleBroken
from cordee.runtime.queries import load_queries

EVERYBODY: Final = 0
"""Who is kept out in `closed_circle` where sharing is opposed."""
LONGEST_DEFERRAL: Final = timedelta(days=90)
_QUERIES = load_queries("cordee.access.registers")


class Said(StrEnum):
    """What a patient says of the whole record; the last two close no record. Rule: A6.3."""

    SHARING_OPPOSED = "sharing-opposed"
    EMERGENCY_OPPOSED = "emergency-opposed"
    BLOCKED = "blocked"
    ATTENDING_SEES_MASKED = "attending-sees-masked"
    WAREHOUSE_OPPOSED = "warehouse-opposed"
    SECONDARY_USE_OPPOSED = "secondary-use-opposed"


class Shown(StrEnum):
    """What is said of one document."""

    MASKED = "masked"
    SECRET = "secret"  # noqa: S105 -- a word of the table, no password
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True)
class Visibility:
    """What is said of one document at a moment."""

    masked: bool = False
    secret: bool = False
    deferred_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """Something said of the record, or taken back; `target` is who is blocked."""

    what: Said
    holds: bool = True
    target: str = ""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says it, when, and which resource or page holds the proof."""

    user: str
    at: datetime
    source: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """As what a professional works in a structure."""

    structure: str
    role: str
    profession: str
    starts: datetime
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """One statement of the past; `target` is who is blocked or which element."""

    at: datetime
    what: str
    target: str
    holds: bool
    until: datetime | None
    said_by: str


async def say_consent(
    connection: Connection,
    patient: str,
    word: Word,
    by: Speaker,
    keys: Callable[[str], int],
) -> None:
    """Keeps a patient's word, and whom it closes the circle to.

    Raises `RuleBroken` when a block lacks its target. `keys` hashes entities as the index does.
    """
    closed = [EVERYBODY] if word.what is Said.SHARING_OPPOSED else []
    if word.what is Said.BLOCKED:
        blocked = [word.target, *await roles_of(connection, keys, word.target)]
        closed = [keys(kind + one) for one in blocked for kind in (TEAM, CIRCLE)]
    with table_rules({"": "say who is blocked, and only then"}):
        await connection.execute(
            _QUERIES["say_consent"], patient, word.what, word.target, word.holds, by.user,
            by.source, by.at, closed, keys(f"Patient/{patient}"),
            keys(ATTENDING + word.target),
        )  # fmt: skip


async def consent_at(connection: Connection, patient: str, at: datetime) -> Consent:
    """The patient's word at a moment."""
    rows = await connection.fetch(_QUERIES["consent_at"], patient, at)
    said = {row["what"] for row in rows}
    return Consent(
        opposes_sharing=Said.SHARING_OPPOSED in said,
        opposes_emergency=Said.EMERGENCY_OPPOSED in said,
        blocked=frozenset(row["target"] for row in rows if row["what"] == Said.BLOCKED),
        attending_sees_masked=Said.ATTENDING_SEES_MASKED in said,
    )


async def switches_at(connection: Connection, patient: str, at: datetime) -> frozenset[str]:
    """All that holds of a patient's word at a moment, by name; blocks apart."""
    rows = await connection.fetch(_QUERIES["consent_at"], patient, at)
    return frozenset(row["what"] for row in rows) - {Said.BLOCKED}


async def visibilities_at(
    connection: Connection, patient: str, at: datetime
) -> dict[str, Visibility]:
    """What is said of each element of a patient's record at a moment, by reference."""
    rows = await connection.fetch(_QUERIES["visibilities_at"], patient, at)
    said: dict[str, dict[str, datetime | None]] = {}
    for row in rows:
        said.setdefault(row["resource"], {})[row["what"]] = row["until"]
    return {reference: _visibility(what, at) for reference, what in said.items()}


async def history(connection: Connection, patient: str, most: int = 200) -> tuple[Line, ...]:
    """All that was said of a record and of its elements, the newest first."""
    rows = await connection.fetch(_QUERIES["said_history"], patient, most)
    return tuple(Line(**dict(row)) for row in rows)


async def mark(
    connection: Connection, patient: str, resource: str, what: Shown, by: Speaker
) -> None:
    """Masks a document or keeps it secret; raises `RuleBroken` for a deferral."""
    if what is Shown.DEFERRED:
        raise RuleBroken("a deferral needs its date")
    await _say(connection, (patient, resource), (what, True, None), by)


async def unmark(
    connection: Connection, patient: str, resource: str, what: Shown, by: Speaker
) -> None:
    """Takes back what was said of a document; for a deferral, that the result is announced."""
    await _say(connection, (patient, resource), (what, False, None), by)


async def defer(
    connection: Connection, patient: str, resource: str, by: Speaker, *, until: datetime
) -> None:
    """Hides a result from the patient until a date; raises `RuleBroken` past 90 days."""
    if not by.at < until <= by.at + LONGEST_DEFERRAL:
        raise RuleBroken("un résultat se diffère de 90 jours au plus")
    await _say(connection, (patient, resource), (Shown.DEFERRED, True, until), by)


async def visibility_at(connection: Connection, resource: str, at: datetime) -> Visibility:
    """What is said of a document at a moment; a deferral that has ended is none."""
    rows = await connection.fetch(_QUERIES["visibility_at"], resource, at)
    return _visibility({row["what"]: row["until"] for row in rows}, at)


async def say_situation(
    connection: Connection, practitioner: str, situation: Situation, by: Speaker
) -> None:
    """Keeps where and as what a professional works; with an end in the past, that they left."""
    await connection.execute(
        _QUERIES["say_situation"], practitioner, situation.structure, situation.role,
        situation.profession, situation.starts, situation.ends, by.user, by.at,
    )  # fmt: skip


async def situations_at(
    connection: Connection, practitioner: str, at: datetime
) -> tuple[Situation, ...]:
    """Situations that run at a moment, as they were known then."""
    rows = await connection.fetch(_QUERIES["situations_at"], practitioner, at)
    return tuple(Situation(**dict(row)) for row in rows)


async def _say(
    connection: Connection,
    about: tuple[str, str],
    said: tuple[Shown, bool, datetime | None],
    by: Speaker,
) -> None:
    await connection.execute(_QUERIES["say_visibility"], *about, *said, by.user, by.at)


def _visibility(said: Mapping[str, datetime | None], at: datetime) -> Visibility:
    until = said.get(Shown.DEFERRED)
    return Visibility(
        masked=Shown.MASKED in said,
        secret=Shown.SECRET in said,
        deferred_until=until if until is not None and at < until else None,
    )
