"""The crisis plan that a CPTS keeps ready: roles, phone tree, stock, who tells the day. B6.5."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from cordee.runtime.errors import Issue, ResourceInvalid

ROLES: Final[Mapping[str, str]] = {
    "pilote": "Pilotage de la cellule",
    "soins": "Organisation des soins",
    "materiel": "Matériel et stocks",
    "lien": "Lien avec l’ARS, le SAMU, les mairies",
    "message": "Messages aux membres et aux habitants",
    "secretariat": "Secrétariat, main courante",
}
KINDS: Final[Mapping[str, str]] = {
    "canicule": "Canicule",
    "epidemie": "Épidémie",
    "afflux": "Afflux de victimes ou de patients",
    "intemperies": "Intempéries, inondation",
    "coupure": "Coupure d’électricité, d’eau ou de réseau",
    "autre": "Autre crise",
}
HIGHEST: Final = 100_000
CALLS, LINES, TELLERS = 20, 15, 40
LONGEST: Final = 120
_PHONE: Final = re.compile(r"\+?[0-9][0-9 .]{3,19}")


class Holder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who holds a role and who stands in: reference in the directory, name, phone."""

    role: str
    who: str
    name: str
    phone: str
    substitute: str
    substitute_name: str
    substitute_phone: str


class Call(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the phone tree."""

    name: str
    phone: str


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One resource: how much there is, in which unit, below which it is too little, where."""

    item: str
    quantity: int
    unit: str
    threshold: int
    place: str

    @property
    def is_low(self) -> bool:
        """Whether there is less than what was set."""
        return self.quantity < self.threshold


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of a plan; `tellers` (reference and name) tell the numbers of each day before `hour`."""

    holders: tuple[Holder, ...] = ()
    calls: tuple[Call, ...] = ()
    stock: tuple[Line, ...] = ()
    tellers: tuple[tuple[str, str], ...] = ()
    hour: int = 18

    def entitles(self, practitioner: str) -> bool:
        """Whether somebody holds a role, or stands in for who does."""
        named = {one.who for one in self.holders} | {one.substitute for one in self.holders}
        return bool(practitioner) and practitioner in named


def check(plan: Plan) -> None:
    """Returns when a plan can be kept; raises `ResourceInvalid` with each problem."""
    problems = list(_problems(plan))
    if problems:
        raise ResourceInvalid([Issue("error", "invalid", text, (at,)) for at, text in problems])


def line_problem(line: Line) -> str:
    """What is wrong with a line of stock, "" for nothing."""
    if not line.item or not line.unit:
        return "Donnez le matériel et son unité."
    if not (0 <= line.quantity <= HIGHEST and 0 <= line.threshold <= HIGHEST):
        return f"{line.item} : écrivez des nombres de 0 à {HIGHEST}."
    if any(len(one) > LONGEST for one in (line.item, line.unit, line.place)):
        return f"{LONGEST} caractères au plus."
    return ""


def _problems(plan: Plan) -> Iterable[tuple[str, str]]:
    if not any(one.role == "pilote" for one in plan.holders):
        yield "role-pilote", "Dites qui pilote la cellule."
    for one in plan.holders:
        if text := _holder_problem(one):
            yield f"role-{one.role}", text
    for n, call in enumerate(plan.calls):
        if not call.name or len(call.name) > LONGEST or not _PHONE.fullmatch(call.phone):
            yield f"appel-{n}", "Arbre d’appel : donnez un nom et un téléphone à chaque ligne."
    for n, line in enumerate(plan.stock):
        if text := line_problem(line):
            yield f"materiel-{n}", text
    yield from _daily_problems(plan)


def _holder_problem(one: Holder) -> str:
    if one.who == one.substitute:
        return f"{ROLES[one.role]} : nommez un suppléant, qui n’est pas le titulaire."
    if not _PHONE.fullmatch(one.phone) or not _PHONE.fullmatch(one.substitute_phone):
        return f"{ROLES[one.role]} : donnez le téléphone du titulaire et du suppléant."
    return ""


def _daily_problems(plan: Plan) -> Iterable[tuple[str, str]]:
    if not 0 < len(plan.tellers) <= TELLERS:
        yield "relais", f"Dites qui donne les nombres de chaque jour : {TELLERS} au plus."
    if not 0 <= plan.hour <= 23:  # noqa: PLR2004 -- hours of a day
        yield "heure", "Donnez une heure, de 0 à 23."
