"""The prevention actions of a CPTS, for its members: what, for whom, where, reach. B6.6."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from cordee.care.cpts.membership import Belonging, Membership
from cordee.identity.principal import Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import Conflict, Issue, NotFound, ResourceInvalid
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.prevention")
MOST: Final = 200
HIGHEST: Final = 100_000
LONGEST: Final = 300
THEMES: Final[Mapping[str, str]] = {
    "vaccination": "Vaccination",
    "depistage": "Dépistage des cancers",
    "cardio": "Risque cardiovasculaire, diabète",
    "chutes": "Chutes, perte d’autonomie",
    "nutrition": "Nutrition, activité physique",
    "addictions": "Tabac, alcool, addictions",
    "mental": "Santé mentale",
    "enfant": "Enfants, grossesse",
    "autre": "Autre thème",
}
STATES: Final[Mapping[str, str]] = {
    "prepared": "En préparation",
    "running": "En cours",
    "done": "Terminée",
    "dropped": "Abandonnée",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of an action; `planned` and `reached` are numbers of people."""

    theme: str
    title: str
    target: str
    place: str
    starts: date | None
    ends: date | None
    who: str
    planned: int | None
    reached: int | None
    state: str = "prepared"
    campaign: str = ""
    """The campaign of the region that it takes up, "" for an action of its own."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a CPTS, with the version that a change replaces."""

    id: str
    cpts: str
    version: int
    told: Told


class Actions:
    """The boards of one installation: members of a CPTS read and write theirs."""

    def __init__(self, database: Database, membership: Membership) -> None:
        """`database` holds them; nothing in them is about one person who is cared for."""
        self._database = database
        self.membership = membership

    async def all(self, principal: Principal) -> tuple[list[Belonging], list[Action]]:
        """The CPTS of somebody and their actions, those to come first; at most 200."""
        places = await self.membership.of(principal)
        if not places:
            return [], []
        async with self._database.steady.acquire() as connection:
            wanted = [one.structure for one in places]
            rows = await connection.fetch(QUERIES["actions"], wanted, MOST)
        return places, [_action(one) for one in rows]

    async def one(self, principal: Principal, number: str) -> Action:
        """An action of one's CPTS; raises `NotFound` for any other."""
        async with self._database.steady.acquire() as connection:
            row = await connection.fetchrow(QUERIES["action"], key_of(number))
        if row is not None:
            action = _action(row)
            if action.cpts in {one.structure for one in await self.membership.of(principal)}:
                return action
        raise NotFound("there is no such action")

    async def add(
        self, principal: Principal, place: str, told: Told, number: str, at: datetime
    ) -> str:
        """The id of a new action; the same form sent again gives the same.

        Raises `AccessDenied` for who is no member, `ResourceInvalid` with each problem.
        """
        await self.membership.need(principal, place)
        check(told)
        values = (UUID(number), place, *_values(told), at, principal.user)
        values += (UUID(told.campaign) if told.campaign else None,)
        async with self._database.write.acquire() as connection:
            if await connection.fetchval(QUERIES["add_action"], *values) is None:
                present = await connection.fetchrow(QUERIES["action"], UUID(number))
                if present is None or present["cpts"] != place:
                    raise Conflict("Cette action existe déjà.")
        return number

    async def change(
        self, principal: Principal, action: Action, told: Told, version: int, at: datetime
    ) -> None:
        """Changes an action; raises `ResourceInvalid`, `Conflict` where it was changed since."""
        check(told)
        values = (UUID(action.id), version, *_values(told), at, principal.user)
        async with self._database.write.acquire() as connection:
            if await connection.fetchval(QUERIES["change_action"], *values) is None:
                raise Conflict("Quelqu’un a changé cette action entre-temps : relisez-la.")


def check(told: Told) -> None:
    """Returns when an action can be kept; raises `ResourceInvalid` with each problem."""
    problems = [
        (where, text)
        for where, is_wrong, text in (
            ("theme", told.theme not in THEMES, "Choisissez le thème."),
            ("state", told.state not in STATES, "Dites où en est l’action."),
            ("title", not 0 < len(told.title) <= LONGEST, "Donnez un titre."),
            ("target", not 0 < len(told.target) <= LONGEST, "Dites à qui elle s’adresse."),
            ("place", len(told.place) > LONGEST, f"{LONGEST} caractères au plus."),
            ("who", len(told.who) > LONGEST, f"{LONGEST} caractères au plus."),
            ("starts", told.starts is None, "Donnez le premier jour."),
            ("planned", not _is_count(told.planned), "Dites combien de personnes sont visées."),
        )
        if is_wrong
    ]
    if told.ends is None or (told.starts is not None and told.ends < told.starts):
        problems.append(("ends", "Donnez le dernier jour, après le premier."))
    if told.reached is not None and not _is_count(told.reached):
        problems.append(("reached", f"Écrivez un nombre de 0 à {HIGHEST}."))
    if told.state == "done" and told.reached is None:
        problems.append(("reached", "Une action terminée dit combien de personnes sont venues."))
    if problems:
        raise ResourceInvalid([Issue("error", "invalid", text, (at,)) for at, text in problems])


def key_of(number: str) -> UUID:
    """The number of an address; raises `NotFound` for what is none."""
    try:
        return UUID(number)
    except ValueError as error:
        raise NotFound("there is nothing at this address") from error


def _is_count(value: int | None) -> bool:
    return value is not None and 0 <= value <= HIGHEST


def _values(told: Told) -> tuple[Any, ...]:
    return (
        told.theme, told.title, told.target, told.place, told.starts, told.ends, told.who,
        told.planned, told.reached, told.state,
    )  # fmt: skip


def _action(row: Mapping[str, Any]) -> Action:
    told = Told(
        row["theme"], row["title"], row["target"], row["place"], row["starts"], row["ends"],
        row["who"], row["planned"], row["reached"], row["state"], str(row["campaign"] or ""),
    )  # fmt: skip
    return Action(str(row["id"]), row["cpts"], row["version"], told)
