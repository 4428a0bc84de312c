"""The discharges of a ward: who leaves today, tomorrow, this week; what blocks. B5.1 to B5.3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from cordee.care.discharges.planner import AFTER, PREPARING
from cordee.web.discharges.entrance import desk_of
from cordee.web.discharges.views import PlanView, view_plan
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "discharges/templates/board.html"
_VIEWS: Final = {"preparation": PREPARING, "apres": AFTER}
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Group:
    """The discharges of a day, or of a time."""

    code: str
    label: str
    rows: tuple[PlanView, ...]


async def board(request: Request) -> Response:
    """Give the discharges of a structure, by day; also as CSV."""
    account = asker(request)
    view = request.query_params.get("vue", "preparation")
    view = view if view in _VIEWS else "preparation"
    ward = request.query_params.get("service", "")
    now = request.app.state.settings.clock()
    planners = desk_of(request).planners
    found = await planners.board(account.principal, _VIEWS[view])
    rows = [view_plan(one, now, {}) for one in found]
    wards = sorted({one.ward for one in rows if one.ward})
    rows = [one for one in rows if not ward or one.ward == ward]
    if request.url.path.endswith(".csv"):
        return _sheet(rows)
    values: dict[str, Any] = {
        "place": account.structure,
        "view": view,
        "ward": ward,
        "wards": wards,
        "groups": _groups(rows, now.date()) if view == "preparation" else _after(rows),
        "count": len(rows),
        "blocked": sum(bool(one.blocking) and one.leaves_on == now.date() for one in rows),
        "forced": sum(one.is_forced for one in rows),
    }
    return page(request, TEMPLATE, **values)


def _groups(rows: Sequence[PlanView], today: date) -> list[Group]:
    """By the day of the discharge; those without a date come last."""
    named: dict[str, tuple[str, list[PlanView]]] = {
        "retard": (_("Date passée"), []),
        "jour": (_("Aujourd’hui"), []),
        "demain": (_("Demain"), []),
        "semaine": (_("Dans les 7 jours"), []),
        "plus": (_("Plus tard"), []),
        "sans": (_("Sans date prévue"), []),
    }
    for one in sorted(rows, key=lambda one: (one.leaves_on or date.max, one.person.title)):
        named[_when(one.leaves_on, today)][1].append(one)
    return [
        Group(code, label, tuple(held))
        for code, (label, held) in named.items()
        if held or code == "jour"
    ]


def _when(day: date | None, today: date) -> str:
    if day is None:
        return "sans"
    ahead = (day - today).days
    if ahead < 0:
        return "retard"
    known = {0: "jour", 1: "demain"}
    return known.get(ahead, "semaine" if ahead <= _WEEK else "plus")


def _after(rows: Sequence[PlanView]) -> list[Group]:
    to_call = tuple(one for one in rows if one.state == "left")
    called = tuple(one for one in rows if one.state == "called")
    return [Group("appel", _("À rappeler"), to_call), Group("suivi", _("Rappelées"), called)]


def _sheet(rows: Sequence[PlanView]) -> Response:
    head = [
        _("Personne"), _("Né(e) le"), _("Commune"), _("Service"), _("Entrée"), _("Sortie prévue"),
        _("Destination"), _("État"), _("Prêts"), _("Attendus"), _("Bloque"), _("Passé outre"),
    ]  # fmt: skip
    table = [
        [
            one.person.title, one.person.born, one.person.town, one.ward, one.entered, one.leaves,
            one.destination, one.state_word, one.ready, one.wanted, ", ".join(one.blocking),
            one.reason if one.is_forced else "",
        ]
        for one in rows
    ]  # fmt: skip
    return spreadsheet("sorties.csv", head, table)
