"""The board of a home, and its screen of the night: who, then three buttons. Rules: B7.3, B7.4."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.care.homes.reconciling import Reconciliations
from cordee.care.passages.residents import Resident, Residents, Where
from cordee.care.record.query import plain
from cordee.care.record.traits import read_traits
from cordee.runtime.errors import AccessDenied, NotFound
from cordee.web.language import gettext as _
from cordee.web.offline.keeping import NIGHT_HOURS, kept
from cordee.web.passages.sending import caregiver
from cordee.web.persons import Person, describe
from cordee.web.record.bounds import bounds
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

BOARD: Final = "residents/templates/board.html"
NIGHT: Final = "residents/templates/night.html"
ONE: Final = "residents/templates/resident.html"
WORDS: Final = {
    Where.PRESENT: _("ici"),
    Where.HOLIDAY: _("absent, en vacances"),
    Where.LEFT: _("vers les urgences"),
    Where.EMERGENCY: _("aux urgences"),
    Where.HOSPITAL: _("à l’hôpital"),
    Where.RETURNING: _("retour prévu"),
    Where.BACK: _("de retour, traitement à vérifier"),
    Where.DECEASED: _("décès"),
}
_LEVELS: Final = {
    Where.LEFT: "critical", Where.EMERGENCY: "critical", Where.HOSPITAL: "caution",
    Where.RETURNING: "caution", Where.BACK: "caution",
}  # fmt: skip

_NONE: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class ResidentRow:
    """One resident in words; `passage` leads to what becomes of who is away."""

    person: Person
    where: str
    level: str
    passage: str
    is_away: bool
    comparison: str = ""
    room: str = ""


def residents_of(request: Request) -> Residents:
    """The service of residents; raises `NotFound` where there is none."""
    found: Residents | None = request.app.state.ports.residents
    if found is None:
        raise NotFound("nobody lives here")
    return found


async def board(request: Request) -> Response:
    """Give who lives here and where they are; also as CSV."""
    account = caregiver(request)
    today = request.app.state.settings.clock().date()
    comparing: Reconciliations | None = request.app.state.ports.reconciliations
    found, running = await asyncio.gather(
        residents_of(request).all(account.principal),
        comparing.running(account.principal) if comparing is not None else _nothing(),
    )
    rows = _rows(found, today, running)
    if request.url.path.endswith(".csv"):
        head = [_("Nom de naissance"), _("Prénom"), _("Né(e) le"), _("Où"), _("Chambre")]
        table = [
            [r.person.birth_name, r.person.first_name, r.person.born, r.where, r.room] for r in rows
        ]
        return spreadsheet("residents.csv", head, table)
    counts = [
        (WORDS[where], sum(one.where is where for one in found), _LEVELS.get(where, ""))
        for where in Where
        if any(one.where is where for one in found)
    ]
    return page(request, BOARD, rows=rows, counts=counts, place=account.structure, total=len(rows))


async def night(request: Request) -> Response:
    """Give the residents to choose from, in the dark; a name can be typed, or not."""
    account = caregiver(request)
    today = request.app.state.settings.clock().date()
    found = await residents_of(request).all(account.principal)
    rows = _rows([one for one in found if one.where is not Where.DECEASED], today)
    sought = request.query_params.get("lettre", "")[:1].upper()
    letters = sorted({plain(one.person.birth_name)[:1].upper() for one in rows} - {""})
    if sought:
        rows = [one for one in rows if plain(one.person.birth_name)[:1].upper() == sought]
    return page(request, NIGHT, rows=rows, letters=letters, letter=sought, place=account.structure)


async def resident(request: Request) -> Response:
    """Give one resident at night: who, what can harm, three buttons."""
    if bounds(caregiver(request).principal):
        raise AccessDenied("the screen of the night says what can harm")
    _read, values = await values_around(request, "synthese")
    return page(request, ONE, **values)


async def _nothing() -> Mapping[str, str]:
    return {}


def _rows(
    found: Sequence[Resident], today: date, running: Mapping[str, str] = _NONE
) -> list[ResidentRow]:
    """Rows by the name that is shown, those who died last."""
    rows = [_row(one, today, running) for one in found]
    return sorted(
        rows,
        key=lambda one: (one.person.is_deceased, plain(one.person.birth_name), one.person.title),
    )


def _row(one: Resident, today: date, running: Mapping[str, str]) -> ResidentRow:
    person = describe(read_traits(one.patient), today)
    passage = f"/patients/{person.patient_id}/urgences/{one.passage}" if one.passage else ""
    level = _LEVELS.get(one.where, "")
    away = one.where not in {Where.PRESENT, Where.BACK, Where.DECEASED}
    key = running.get(f"Patient/{person.patient_id}", "")
    comparison = f"/patients/{person.patient_id}/conciliations/{key}" if key else ""
    room = " ".join(filter(None, (one.stay.room, one.stay.unit))) if one.stay else ""
    return ResidentRow(person, WORDS[one.where], level, passage, away, comparison, room)


routes = [
    Route("/residents", board, methods=["GET"]),
    Route("/residents.csv", board, methods=["GET"]),
    Route("/nuit", kept(NIGHT_HOURS)(night), methods=["GET"]),
    Route("/patients/{patient_id}/nuit", kept(NIGHT_HOURS)(resident), methods=["GET"]),
]
