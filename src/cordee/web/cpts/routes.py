"""The register of people without an attending physician. Requirement B6.3."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.care.activity.hiding import K, Table
from cordee.care.cpts.register import Entry, Register
from cordee.care.cpts.rotation import REQUEST
from cordee.care.record.traits import read_traits
from cordee.care.workflow.machines import machines
from cordee.identity.principal import STEERING
from cordee.runtime.errors import NotFound
from cordee.web.cpts.dossier import show as dossier
from cordee.web.cpts.territory import communities, community, export
from cordee.web.dac.activity import words
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker
from cordee.web.requests.following import RequestView, view_request
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "cpts/templates/register.html"
COUNTS: Final = "cpts/templates/counts.html"


@dataclass(frozen=True, slots=True)
class Row:
    """One person who waits for a physician."""

    person: Person
    asked: RequestView
    priority: str
    offers: int
    present: str


async def register(request: Request) -> Response:
    """Give the register of a CPTS, or its counts to who steers the region; also as CSV."""
    principal = signed_in(request).principal
    if STEERING in getattr(principal, "functions", ()):
        return await _counts(request)
    account, desk = asker(request), _desk(request)
    now = request.app.state.settings.clock()
    entries, shares = await asyncio.gather(desk.entries(principal), desk.shares(principal))
    rows = [_row(one, now) for one in entries]
    if request.url.path.endswith(".csv"):
        return _sheet(rows)
    return page(request, TEMPLATE, place=account.structure, rows=rows, shares=shares)


async def _counts(request: Request) -> Response:
    waiting, found = await _desk(request).counts(signed_in(request).principal)
    if request.url.path.endswith(".csv"):
        lines = [(_("en recherche"), one.code, words(one.count)) for one in waiting.cells]
        lines += [(_("médecin trouvé"), one.code, words(one.count)) for one in found.cells]
        head = (_("état"), _("CPTS"), _("personnes"))
        return spreadsheet("sans-medecin-traitant.csv", head, lines)
    return page(request, COUNTS, waiting=_lines(waiting), found=_lines(found), k=K)


def _lines(table: Table) -> tuple[list[tuple[str, str]], str]:
    return [(one.code, words(one.count)) for one in table.cells], words(table.total)


def _row(one: Entry, now: datetime) -> Row:
    choices = machines()[REQUEST].facts["priority"].choices
    return Row(
        describe(read_traits(one.request.patient), now.date()),
        view_request(one.request, now),
        _(choices[one.priority]),
        one.asked,
        one.present,
    )


def _sheet(rows: list[Row]) -> Response:
    head = [
        _("Personne"), _("Né(e) le"), _("Priorité"), _("État"), _("Demandeur"), _("Demandé"),
        _("Médecins sollicités"), _("Sollicité maintenant"),
    ]  # fmt: skip
    lines = [
        [
            f"{one.person.birth_name} {one.person.first_name}", one.person.born, one.priority,
            one.asked.state, one.asked.requester, one.asked.asked, one.offers, one.present,
        ]
        for one in rows
    ]  # fmt: skip
    return spreadsheet("sans-medecin-traitant.csv", head, lines)


def _desk(request: Request) -> Register:
    desk: Register | None = request.app.state.ports.register
    if desk is None:
        raise NotFound("there is no register here")
    return desk


routes = [
    Route("/sans-medecin-traitant", register, methods=["GET"]),
    Route("/sans-medecin-traitant.csv", register, methods=["GET"]),
    Route("/cpts", communities, methods=["GET"]),
    Route("/cpts/{number}", community, methods=["GET"]),
    Route("/cpts/{number}/indicateurs.csv", export, methods=["GET"]),
    Route("/cpts/{number}/dossier", dossier, methods=["GET"]),
    Route("/cpts/{number}/dossier.csv", dossier, methods=["GET"]),
    Route("/cpts/{number}/dossier.pdf", dossier, methods=["GET"]),
]
