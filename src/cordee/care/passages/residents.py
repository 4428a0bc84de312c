"""The residents of a home, and where each of them is now. Rules: B7.3, B7.4."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cordee.care.homes.living import living_in
from cordee.care.homes.stays import Stay
from cordee.care.passages.desk import QUERIES
from cordee.care.store import Resource, Store
from cordee.identity.principal import Principal
from cordee.runtime.database import Database


class Where(StrEnum):
    """Where a resident is."""

    PRESENT = "present"
    HOLIDAY = "holiday"
    LEFT = "left"
    EMERGENCY = "emergency"
    HOSPITAL = "hospital"
    RETURNING = "returning"
    BACK = "back"
    DECEASED = "deceased"


_WHERE: Final = {
    "expected": Where.LEFT,
    "arrived": Where.EMERGENCY,
    "admitted": Where.HOSPITAL,
    "returning": Where.RETURNING,
    "returned": Where.BACK,
}


@dataclass(frozen=True, slots=True)
class Resident:
    """One resident; `passage` is the Task of their absence, "" for who is here."""

    patient: Resource
    where: Where
    passage: str = ""
    stay: Stay | None = None


class Residents:
    """The residents of the homes of one installation."""

    def __init__(self, database: Database, store: Store) -> None:
        """`store` reads through the guard."""
        self._database = database
        self._store = store

    async def all(self, principal: Principal) -> list[Resident]:
        """Who lives, or lived, in the principal's home; at most 500."""
        home = principal.structure
        if not home.startswith("Organization/"):
            return []
        people = await living_in(self._store, principal)
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["absences"], home)
        away = {row["patient"]: row for row in rows}
        found: list[Resident] = []
        for one, stay in people:
            row = away.get(f"Patient/{one['id']}")
            if one.get("deceasedDateTime") or one.get("deceasedBoolean"):
                found.append(Resident(one, Where.DECEASED, stay=stay))
            elif row is not None:
                found.append(Resident(one, _WHERE[row["state"]], row["task"], stay))
            elif stay is not None and stay.is_away:
                found.append(Resident(one, Where.HOLIDAY, stay=stay))
            else:
                found.append(Resident(one, Where.PRESENT, stay=stay))
        return found
