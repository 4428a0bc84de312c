"""Tickets to a source: opened on a line of the report, moved, closed beside the figure of now.

Rule: G1.4.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.population.callers import TICKETS, need
from cordee.population.quality.tickets import (
    CLOSED,
    CONTESTED,
    FIXED,
    MOVES,
    OPEN,
    SENT,
    Ticket,
    Tickets,
)
from cordee.runtime.errors import Conflict, InvalidRequest, NotFound, RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.patience import patiently
from cordee.web.population import quality, words
from cordee.web.population.asking import ask
from cordee.web.population.questions import number_of
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

LIST: Final = "population/templates/tickets.html"
NEW: Final = "population/templates/ticket_new.html"
ONE: Final = "population/templates/ticket.html"
PATH: Final = f"{quality.PATH}/tickets"
STATES: Final = {
    OPEN: _("ouvert"), SENT: _("transmis"), FIXED: _("dit corrigé"), CONTESTED: _("contesté"),
    CLOSED: _("clos"),
}  # fmt: skip
GESTURES: Final = {
    SENT: _("Transmettre à la source"), FIXED: _("La source dit : corrigé"),
    CONTESTED: _("La source conteste"), CLOSED: _("Clore"),
}  # fmt: skip


async def index(request: Request) -> Response:
    """Give the tickets, the newest first, by state and words."""
    found, state, text = await _chosen(request)
    return page(
        request, LIST, tickets=[_entry(one) for one in found], states=STATES, state=state,
        text=text, query=str(request.url.query),
    )  # fmt: skip


async def export(request: Request) -> Response:
    """Give the same tickets as CSV."""
    found, _state, _text = await _chosen(request)
    head = [_("numéro"), _("ouvert le"), _("par"), _("source"), _("données"), _("vérification"),
            _("constat"), _("état"), _("mots")]  # fmt: skip
    return spreadsheet("tickets-de-qualite.csv", head, [
        [one.number, one.at.date().isoformat(), one.by, one.seen.source, one.seen.kind,
         quality.label(one.seen), quality.result(one.seen), STATES[one.state], one.words]
        for one in found
    ])  # fmt: skip


async def begin(request: Request) -> Response:
    """Give the form of a ticket on a line of the report."""
    need(signed_in(request).principal, TICKETS)
    return await _new_page(request, Form({"form": str(uuid4()), **dict(request.query_params)}))


async def open_ticket(request: Request) -> Response:
    """Open a ticket; the form comes back with what is wrong, and nothing typed is lost."""
    sent = await read_form(request)
    report = await ask(request, "quality")
    line = quality.line_of(report, sent.values)
    if line is None:
        raise NotFound("there is no such line in the report")
    try:
        form = UUID(sent["form"])
    except ValueError:
        form = uuid4()
    try:
        number = await _tickets(request).open(
            signed_in(request).principal, form, line, report.day.isoformat(), sent["mots"]
        )
    except InvalidRequest:
        sent.errors["mots"] = _("Dites ce que la source doit regarder, en 2 000 lettres au plus.")
        return await _new_page(request, sent, status=422)
    return RedirectResponse(f"{PATH}/{number}", status_code=303)


async def show(request: Request) -> Response:
    """Give a ticket: what was seen, what is seen now, its steps, what may come next."""
    return await _one_page(request, Form())


async def move(request: Request) -> Response:
    """Move a ticket; what cannot be is said, and nothing typed is lost."""
    sent = await read_form(request)
    try:
        await _tickets(request).move(
            signed_in(request).principal, number_of(request), sent["geste"], sent["mots"]
        )
    except Conflict:
        sent.errors["geste"] = _("Ce ticket vient de changer : relisez où il en est.")
        return await _one_page(request, sent, status=409)
    except RuleBroken:
        sent.errors["mots"] = _("Dites pourquoi, en 2 000 lettres au plus.")
        return await _one_page(request, sent, status=422)
    return RedirectResponse(f"{PATH}/{number_of(request)}", status_code=303)


async def _chosen(request: Request) -> tuple[list[Ticket], str, str]:
    state, text = request.query_params.get("etat", ""), request.query_params.get("texte", "")
    found = await _tickets(request).latest(signed_in(request).principal)
    wanted = text.casefold().strip()
    return (
        [one for one in found if state in {"", one.state} and wanted in _words(one).casefold()],
        state, text,
    )  # fmt: skip


def _words(one: Ticket) -> str:
    return f"{one.words} {words.source(one.seen.source)} {quality.label(one.seen)} {one.by}"


def _entry(one: Ticket) -> dict[str, Any]:
    line = quality.view(one.seen)
    return {
        "number": one.number, "words": one.words, "line": line, "state": one.state,
        "state_word": STATES[one.state], "by": one.by, "at": words.moment(one.at),
        "is_open": one.state != CLOSED,
    }  # fmt: skip


async def _new_page(request: Request, sent: Form, status: int = 200) -> Response:
    report = await ask(request, "quality")
    line = quality.line_of(report, sent.values)
    if line is None or report is None:
        raise NotFound("there is no such line in the report")
    return page(
        request, NEW, status=status, form=sent, line=quality.view(line), raw=line,
        day=words.day(report.day),
    )  # fmt: skip


async def _one_page(request: Request, sent: Form, status: int = 200) -> Response:
    ticket = await _tickets(request).get(signed_in(request).principal, number_of(request))
    report = await ask(request, "quality")
    seen = ticket.seen
    told = {"source": seen.source, "donnees": seen.kind, "verification": seen.check}
    now = quality.line_of(report, told)
    return page(
        request, ONE, status=status, form=sent, ticket=_entry(ticket),
        day=words.day(date.fromisoformat(ticket.day)), now=quality.view(now) if now else None,
        now_day=words.day(report.day) if report else "",
        gestures={one: GESTURES[one] for one in MOVES[ticket.state]},
        steps=[
            (words.moment(one.at), one.by, STATES[one.state], one.words) for one in ticket.steps
        ],
    )  # fmt: skip


def _tickets(request: Request) -> Tickets:
    found: Tickets | None = request.app.state.ports.tickets
    if found is None:
        raise NotFound("there are no tickets here")
    return found


routes: Final = [
    Route(quality.PATH, patiently(quality.show), methods=["GET"]),
    Route(f"{quality.PATH}/lignes.csv", quality.export, methods=["GET"]),
    Route(PATH, index, methods=["GET"]),
    Route(PATH, open_ticket, methods=["POST"]),
    Route(f"{PATH}/liste.csv", export, methods=["GET"]),
    Route(f"{PATH}/nouveau", begin, methods=["GET"]),
    Route(f"{PATH}/{{number}}", show, methods=["GET"]),
    Route(f"{PATH}/{{number}}", move, methods=["POST"]),
]
