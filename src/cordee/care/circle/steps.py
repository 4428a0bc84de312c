"""The register of circles: what happened to each, by whom, when; what the person said of it.

Rows are only ever added. An invitation is the number that its steps share. Free words are sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cordee.access.acting import keep_acting
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.model.definitions import type_number
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection
from cordee.runtime.envelopes import Ring, opened
from cordee.runtime.queries import load_queries

LASTS: Final = timedelta(days=30)
"""How long an invitation waits."""
ANSWERS: Final = frozenset({"accepted", "declined", "withdrawn"})
_QUERIES = load_queries("cordee.care.circle")
_CARE_TEAM: Final = type_number("CareTeam")
_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the person said, how, when, and who recorded that they had been informed."""

    word: str
    channel: str
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a circle."""

    circle: str
    patient: str
    step: str
    subject: str = ""
    person: str = ""
    role: str = ""
    access: str = ""
    starts: datetime | None = None
    ends: datetime | None = None
    invitation: UUID | None = None
    channel: str = ""
    said_by: str = ""
    said_on: date | None = None
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """A step with who did it, as what, when; `n` orders them."""

    n: int
    at: datetime
    by: str
    name: str
    as_what: str
    structure: str
    step: Step


class Register:
    """Steps of one installation."""

    def __init__(self, keys: KeyMaker, ring: Callable[[], Ring]) -> None:
        """`keys` hash as the index does; `ring` seals."""
        self._keys = keys
        self._ring = ring

    async def active(self, connection: Connection, patient: str, at: datetime) -> str:
        """Id of the CareTeam that is the circle of a patient; "" where there is none."""
        key = self._keys(f"Patient/{patient}")
        return str(await connection.fetchval(_QUERIES["active_circle"], key, _CARE_TEAM, at) or "")

    async def add(
        self, connection: Connection, principal: Principal, steps: Iterable[Step], at: datetime
    ) -> None:
        """Keeps steps in the transaction of the connection."""
        acting = await keep_acting(connection, self._keys, principal)
        for one in steps:
            note = None
            if one.note:
                _, note = self._ring().seal(one.note.encode(), place_of_note(one.patient, at))
            await connection.execute(
                _QUERIES["add_step"], one.circle, one.patient, at, principal.user, acting,
                principal.structure, one.step, one.subject, one.person, one.role, one.access,
                one.starts, one.ends, one.invitation, one.channel, one.said_by, one.said_on,
                one.reason, note,
            )  # fmt: skip

    async def history(self, connection: Connection, patient: str) -> tuple[Past, ...]:
        """All steps about a patient, the newest first."""
        rows = await connection.fetch(_QUERIES["history"], patient, _MOST)
        return tuple(past_of(row) for row in rows)

    async def waiting_for(
        self, connection: Connection, people: Iterable[str], at: datetime
    ) -> tuple[Past, ...]:
        """Invitations that these references have not answered."""
        wanted = [one for one in people if one]
        rows = await connection.fetch(_QUERIES["waiting_for"], wanted, at - LASTS)
        return tuple(past_of(row) for row in rows)

    async def invitation(self, connection: Connection, number: UUID, at: datetime) -> Past | None:
        """An invitation that still waits; None for any other number."""
        row = await connection.fetchrow(_QUERIES["invitation"], number)
        if row is None or row["answered"] or row["at"] <= at - LASTS:
            return None
        return past_of(row)


def waiting(history: Iterable[Past], at: datetime) -> list[Past]:
    """Invitations of a history that nobody has answered yet."""
    known = list(history)
    answered = {one.step.invitation for one in known if one.step.step in ANSWERS}
    return [
        one for one in known
        if one.step.step == "invited" and one.step.invitation not in answered
        and one.at > at - LASTS
    ]  # fmt: skip


def past_of(row: Mapping[str, Any]) -> Past:
    """A row of the register, its words opened."""
    note = row["note"]
    text = opened(note, place_of_note(row["patient"], row["at"])).decode() if note else ""
    names = (
        "circle", "patient", "step", "subject", "person", "role", "access", "starts", "ends",
        "invitation", "channel", "said_by", "said_on", "reason",
    )  # fmt: skip
    step = Step(**{name: row[name] for name in names}, note=text)
    return Past(
        row["n"], row["at"], row["by"], row["name"] or "", row["as_what"] or "", row["structure"],
        step,
    )  # fmt: skip


def place_of_note(patient: str, at: datetime) -> str:
    """What the note of a step is bound to."""
    return f"circle_step/{patient}/{int(at.timestamp() * 1000)}"
