"""A case that was written on paper during a cut, entered later with its true hours. Rule: C1.14."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cordee.care.regulation.cases import Said, Told, sealed_told, stamp
from cordee.care.regulation.centres import Centre
from cordee.care.regulation.floor import QUERIES
from cordee.care.regulation.queue import PRIORITIES, case_number
from cordee.care.regulation.sealing import Box
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Database
from cordee.runtime.errors import RuleBroken


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the paper says: the hours of the call, of the answer and of what was decided."""

    number: UUID
    rang: datetime
    answered: datetime | None
    decided: datetime | None
    priority: str
    motive: str
    commune: str
    told: Told
    decision: str = ""


def check(sheet: Sheet, at: datetime) -> None:
    """Raises `RuleBroken` where the hours cannot be true, or a field is missing."""
    if sheet.priority not in PRIORITIES:
        raise RuleBroken("Choisissez la priorité, de P0 à P3.", expression=("priorite",))
    if sheet.rang > at:
        raise RuleBroken("Une heure vraie n’est pas dans l’avenir.", expression=("appel-heure",))
    hours = [one for one in (sheet.rang, sheet.answered, sheet.decided) if one is not None]
    if hours != sorted(hours) or hours[-1] > at:
        raise RuleBroken("Les heures ne se suivent pas.", expression=("decision-heure",))


@dataclass(frozen=True, slots=True)
class Holding:
    """Where a paper is entered, and by whom."""

    database: Database
    box: Box
    principal: Principal
    centre: Centre


async def enter(held: Holding, sheet: Sheet, at: datetime) -> UUID:
    """The case of a paper, with stamps that say when it was true and when it was written."""
    check(sheet, at)
    box, principal, centre = held.box, held.principal, held.centre
    day = sheet.rang.astimezone(PARIS)
    of = (None, sheet.number)
    async with held.database.transaction() as connection:
        last = int(await connection.fetchval(QUERIES["next_number"], centre.id, day.date()) or 0)
        number = case_number(centre.hub, centre.department, day, last)
        key, sealed = sealed_told(box, sheet.number, sheet.told)
        made = await connection.fetchval(
            QUERIES["paper_case"], centre.id, sheet.number, number, sheet.rang, principal.user,
            sheet.priority, sheet.motive, sheet.commune, sheet.decided, sealed, key,
        )  # fmt: skip
        if made is None:
            return sheet.number
        stamps = [("ring", sheet.rang, None), ("answer", sheet.answered, None)]
        content = {"words": sheet.decision} if sheet.decision else None
        stamps += [("paper-decision", sheet.decided, content), ("paper", at, None)]
        for kind, told, words in stamps:
            if told is not None:
                said = Said(kind, principal.user, told, at, words)
                await stamp(connection, box, centre.id, of, said)
    return sheet.number
