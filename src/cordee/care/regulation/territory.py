"""What lies around a centre: its vehicles, who is on duty, where to ring. No person. Rule: C2.5.

A neighbour that regulates a call of a centre sends what is near the caller, and rings its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson

from cordee.care.regulation.centres import Centre
from cordee.care.regulation.floor import QUERIES
from cordee.identity.principal import REGULATION, Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import Issue, NotFound, ResourceInvalid

MOST: Final = 40
LONGEST: Final = 80
_WRONG: Final = (
    "Ligne %d : écrivez un nom, deux points, puis un numéro : « Pharmacie de garde : 3237 »."
)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle: its kind (SMUR, VSAV, AMBULANCE), its name, the commune where it stands."""

    kind: str
    name: str
    commune: str
    is_free: bool


@dataclass(frozen=True, slots=True)
class Territory:
    """What a centre has; `contacts` are pairs of who and number, as the centre orders them."""

    centre: str
    name: str
    department: str
    vehicles: Sequence[Vehicle]
    contacts: Sequence[tuple[str, str]]
    said: datetime | None
    said_by: str


class Territories:
    """The territories of the centres of this installation."""

    def __init__(self, database: Database) -> None:
        """`database` holds them."""
        self._database = database

    async def of(self, principal: Principal, centre: str) -> Territory:
        """One territory, for whoever regulates; raises `NotFound` for others and other centres."""
        if REGULATION not in principal.functions:
            raise NotFound("there is no territory here")
        async with self._database.steady.acquire() as connection:
            row = await connection.fetchrow(QUERIES["territory"], centre)
        if row is None:
            raise NotFound("there is no such centre")
        vehicles = [Vehicle(*one) for one in orjson.loads(row["vehicles"])]
        contacts = [(label, number) for label, number in orjson.loads(row["contacts"])]
        return Territory(
            centre, row["name"], row["department"], vehicles, contacts, row["said"],
            row["said_name"] or "",
        )  # fmt: skip

    async def tell(self, principal: Principal, centre: Centre, text: str, at: datetime) -> None:
        """Replaces the numbers of one's own centre, a line each; raises `ResourceInvalid`."""
        told = read_contacts(text)
        labels, numbers = [one[0] for one in told], [one[1] for one in told]
        async with self._database.transaction() as connection:
            await connection.execute(QUERIES["forget_contacts"], centre.id)
            values = (centre.id, labels, numbers, at, principal.name)
            await connection.execute(QUERIES["tell_contact"], *values)


def read_contacts(text: str) -> list[tuple[str, str]]:
    """Pairs of who and number from lines `who : number`; raises `ResourceInvalid` with the line."""
    lines = [(n, one.strip()) for n, one in enumerate(text.splitlines(), 1) if one.strip()]
    if len(lines) > MOST:
        raise ResourceInvalid([_issue(f"{MOST} numéros au plus.")])
    found = []
    for n, line in lines:
        label, _colon, number = (part.strip() for part in line.rpartition(":"))
        digits = sum(one.isdecimal() for one in number)
        is_number = all(one.isdecimal() or one in " +.-()" for one in number)
        if not label or not is_number or not 2 <= digits <= 15 or len(label) > LONGEST:  # noqa: PLR2004 -- 15 to +33 6…
            raise ResourceInvalid([_issue(_WRONG % n)])
        found.append((label, number))
    return found


def _issue(text: str) -> Issue:
    return Issue("error", "invalid", text, ("contacts",))
