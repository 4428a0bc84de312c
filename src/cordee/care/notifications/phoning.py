"""Whom a structure has to telephone, as no other way reached them; with the proof that it did.

The proof is who called, when somebody answered, and who that was. Rules: B2.7, B2.12.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cordee.care.notifications.ports import Reading, Resource
from cordee.care.notifications.spreading import QUERIES
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import Conflict, NotFound, RuleBroken

PAGE: Final = 50
REACHED: Final = {
    "self": "la personne elle-même",
    "secretariat": "son secrétariat",
    "replacement": "son remplaçant",
    "other": "une autre personne",
}
WHY: Final = {
    "unknown": "aucun médecin traitant n’est déclaré",
    "no-address": "ni compte ni adresse MSSanté connue",
    "refused": "le message n’a pas pu être remis",
    "unread": "personne n’a lu l’évènement urgent",
}


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to telephone; what the reader may not read of it is empty."""

    n: int
    why: str
    made: datetime
    kind: str
    at: datetime
    callee: str
    done: datetime | None
    done_by: str
    called: datetime | None
    reached: str
    patient_reference: str = ""
    patient: Resource = field(default_factory=dict)
    person: Resource = field(default_factory=dict)


class Phoning:
    """The calls of one installation."""

    def __init__(self, database: Database, reading: Reading) -> None:
        """`reading` opens what a call is about in the name of who looks."""
        self._database = database
        self._reading = reading

    async def calls(
        self, principal: Principal, *, done: bool = False, before: int | None = None
    ) -> list[Call]:
        """The calls of somebody's structure, the newest first."""
        if not principal.structure:
            return []
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(
                QUERIES["calls"], principal.structure, done, before, PAGE
            )  # fmt: skip
        wanted = {row[name] for row in rows for name in ("patient", "callee", "focus")} - {""}
        shown = await self._reading.shown(principal, wanted) if wanted else {}
        return [_call(row, shown) for row in rows]

    async def count(self, structure: str) -> int:
        """How many wait."""
        async with self._database.write.acquire() as connection:
            return await connection.fetchval(QUERIES["open_calls"], structure) or 0

    async def done(self, principal: Principal, number: int, called: datetime, reached: str) -> None:
        """Keeps the proof of a call.

        Raises `RuleBroken` for a moment that cannot be, `Conflict` when another has called,
        `NotFound` for a call of another structure.
        """
        if reached not in REACHED:
            raise RuleBroken("Dites qui vous avez joint.")
        now = clock.now()
        async with self._database.transaction() as connection:
            values = (number, principal.structure, now, principal.user, called, reached)
            if await connection.fetchval(QUERIES["call_done"], *values) is not None:
                return
            row = await connection.fetchrow(QUERIES["call"], number, principal.structure)
        if row is None:
            raise NotFound("there is no such call")
        if row["done"] is not None:
            raise Conflict("Quelqu’un de votre structure a déjà noté cet appel.")
        raise RuleBroken("L’heure de l’appel doit suivre la demande et ne peut pas être à venir.")


def _call(row: Any, shown: Mapping[str, Resource]) -> Call:
    about: Sequence[str] = [row["focus"] or row["patient"]]
    is_open = all(not one or one in shown for one in about)
    return Call(
        n=row["n"], why=row["why"], made=row["made"], kind=row["kind"] if is_open else "",
        at=row["at"], callee=row["callee"], done=row["done"], done_by=row["done_by"],
        called=row["called"], reached=row["reached"],
        patient_reference=row["patient"] if is_open and row["patient"] in shown else "",
        patient=shown.get(row["patient"], {}) if is_open else {},
        person=shown.get(row["callee"], {}),
    )  # fmt: skip
