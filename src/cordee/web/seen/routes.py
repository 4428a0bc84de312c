"""Qui a vu mon dossier: the trail as its patient reads it, and a word to the DPO. Rule: A3.11."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.consulting import own_record
from cordee.access.contesting import Around
from cordee.runtime.errors import RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.guarding import signed_in
from cordee.web.identity.words import moment
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.seen.exceptional import Exceptionals
from cordee.web.seen.line_views import LineView, view_line
from cordee.web.seen.view_models import days_of, row_of, shown
from cordee.web.sheets import spreadsheet
from cordee.web.trust import trust_of

TEMPLATE = "seen/templates/seen.html"
LINE = "seen/templates/line.html"
PAGE_SIZE = 200
SHEET_SIZE = 10_000
FILTERS = {
    "": _("Tout"),
    "equipe": _("Mon équipe"),
    "hors": _("Hors de mon équipe"),
}
_LONGEST_NUMBER = 18


async def seen(request: Request) -> Response:
    """Give the accesses to the signed-in patient's record, the newest first."""
    account = signed_in(request)
    before = _number(request.query_params.get("avant", ""))
    which = request.query_params.get("montrer", "")
    accesses = await request.app.state.ports.records.accesses(
        account.principal, before=before, limit=PAGE_SIZE
    )
    around = await _around(request)
    exceptionals = Exceptionals(around, request.app.state.settings.clock())
    kept = shown(accesses, which)
    more = accesses[-1].number if len(accesses) == PAGE_SIZE else None
    return page(
        request, TEMPLATE, days=days_of(kept, exceptionals), count=len(kept), which=which,
        filters=FILTERS, more=more, is_first=before is None, waiting=exceptionals.waiting,
        answers=[one for one in around.contests.values() if one.answered],
    )  # fmt: skip


async def sheet(request: Request) -> Response:
    """Give the last accesses, each one apart, as CSV."""
    accesses = await request.app.state.ports.records.accesses(
        signed_in(request).principal, limit=SHEET_SIZE
    )
    head = (_("Le"), _("Qui"), _("À quel titre"), _("Quoi"), _("Pourquoi"), _("Ligne"))
    rows = (
        (moment(one.at), row.who, row.about, row.what, row.why, one.number)
        for one, row in ((one, row_of(one)) for one in accesses)
    )
    return spreadsheet("qui-a-vu-mon-dossier.csv", head, rows)


async def line(request: Request) -> Response:
    """Give one access: who, why it was open then, and what was said of it."""
    return await _line_page(request, Form())


async def contest(request: Request) -> Response:
    """Send a word on an access to the DPO."""
    form = await read_form(request)
    number = _line_number(request)
    try:
        await trust_of(request).contesting.contest(
            signed_in(request).principal, number, form["mots"], _now(request)
        )
    except RuleBroken as error:
        form.errors["mots"] = error.message
        return await _line_page(request, form)
    return RedirectResponse(f"/mes-acces/{number}", status_code=303)


async def _line_page(request: Request, form: Form) -> Response:
    account, number = signed_in(request), _line_number(request)
    view = await _line_view(request, number)
    around = await _around(request)
    exceptional = Exceptionals(around, _now(request)).of(view.agent, view.moment)
    return page(
        request, LINE, status=422 if form.errors else 200, form=form, line=view,
        exceptional=exceptional, contest=around.contests.get(number), number=number,
        is_own=view.agent == account.user,
    )  # fmt: skip


async def _line_view(request: Request, number: int) -> LineView:
    trust, account = trust_of(request), signed_in(request)
    found = await trust.contesting.line(account.principal, number)
    known = await request.app.state.ports.accounts.known({found.agent})
    who = known.get(found.agent)
    principal = found.acted or (who.principal if who else None)
    explained = None
    if principal is not None and not principal.is_system:
        patient = own_record(account.principal)
        explained = await trust.explaining.replayed(principal, patient, found.at)
    return view_line(found, who, explained)


async def _around(request: Request) -> Around:
    trust = request.app.state.ports.trust
    if trust is None:
        return Around((), {})
    return await trust.contesting.around(signed_in(request).principal)


def _line_number(request: Request) -> int:
    number = _number(request.path_params["number"])
    if number is None:
        raise HTTPException(404)
    return number


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_NUMBER else None


def _now(request: Request) -> Any:
    return request.app.state.settings.clock()


routes = [
    Route("/mes-acces", seen, name="seen"),
    Route("/mes-acces.csv", sheet, methods=["GET"]),
    Route("/mes-acces/{number}", line, methods=["GET"]),
    Route("/mes-acces/{number}", contest, methods=["POST"]),
]
