"""The board of a home, and its screen of the night: who, then three buttons. Rules: B7.3, B7.4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.care.passages.residents import Resident, Residents, Where
from cordee.care.record.query import plain
from cordee.care.record.traits import read_traits
from cordee.runtime.errors import NotFound
from cordee.web.language import gettext as _
from cordee.web.passages.sending import caregiver
from cordee.web.persons import Person, describe
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

BOARD: Final = "residents/templates/board.html"
NIGHT: Final = "residents/templates/night.html"
ONE: Final = "residents/templates/resident.html"
WORDS: Final = {
    Where.PRESENT: _("ici"),
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


@dataclass(frozen=True, slots=True)
class ResidentRow:
    """One resident in words; `passage` leads to what becomes of who is away."""

    person: Person
    where: str
    level: str
    passage: str
    is_away: bool


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
    found = await residents_of(request).all(account.principal)
    rows = _rows(found, today)
    if request.url.path.endswith(".csv"):
        head = [_("Nom de naissance"), _("Prénom"), _("Né(e) le"), _("Où")]
        table = [[r.person.birth_name, r.person.first_name, r.person.born, r.where] for r in rows]
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
    caregiver(request)
    _read, values = await values_around(request, "synthese")
    return page(request, ONE, **values)


def _rows(found: Sequence[Resident], today: date) -> list[ResidentRow]:
    """Rows by the name that is shown, those who died last."""
    rows = [_row(one, today) for one in found]
    return sorted(
        rows,
        key=lambda one: (one.person.is_deceased, plain(one.person.birth_name), one.person.title),
    )


def _row(one: Resident, today: date) -> ResidentRow:
    person = describe(read_traits(one.patient), today)
    passage = f"/patients/{person.patient_id}/urgences/{one.passage}" if one.passage else ""
    level = _LEVELS.get(one.where, "")
    away = one.where not in {Where.PRESENT, Where.BACK, Where.DECEASED}
    return ResidentRow(person, WORDS[one.where], level, passage, away)


routes = [
    Route("/residents", board, methods=["GET"]),
    Route("/residents.csv", board, methods=["GET"]),
    Route("/nuit", night, methods=["GET"]),
    Route("/patients/{patient_id}/nuit", resident, methods=["GET"]),
]
