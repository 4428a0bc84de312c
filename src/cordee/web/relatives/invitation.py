"""A code that somebody was given: see what it is for, take it, or open an account of one's own."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.mandates.arriving import Arriving, Newcomer, Welcome
from cordee.access.mandates.naming import WRONG_CODE
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.web.entry.answers import go_on, origin, refuse
from cordee.web.entry.steps import NEW_PASSWORD_ERRORS
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.relatives.center import HERE, clock_of
from cordee.web.relatives.people import is_citizen
from cordee.web.relatives.words import KINDS, opened
from cordee.web.rendering import page
from cordee.web.sessions import Session, set_cookie

TEMPLATE = "relatives/templates/invitation.html"
PATH = "/invitation"
_ERRORS = {
    "login": _("Choisissez un identifiant sans espace, par exemple une adresse électronique"),
    "taken": _("Cet identifiant est pris : choisissez-en un autre"),
    "password": NEW_PASSWORD_ERRORS["weak"],
}


async def ask(request: Request) -> Response:
    """Give the page where a code is typed."""
    return _page(request, Form())


async def answer(request: Request) -> Response:
    """Say what a code is for, then do what the person asks with it."""
    form = await read_form(request)
    arriving, now = _arriving(request), clock_of(request)
    welcome = await arriving.look(form["code"], origin(request), now)
    if not isinstance(welcome, Welcome):
        status, headers = refuse(form, "code", welcome, WRONG_CODE)
        return _page(request, form, status=status, headers=headers)
    account = request.state.account
    try:
        if form["geste"] == "accepter" and account is not None:
            return await _take(request, form)
        if form["geste"] == "creer" and account is None:
            return await _join(request, form, welcome)
    except RuleBroken as error:
        form.errors["code"] = error.message
        return _page(request, form, status=422)
    return _page(request, form, welcome=welcome)


async def _take(request: Request, form: Form) -> Response:
    account = request.state.account
    number = account.visitor.account if account.visitor else None
    welcome = await _arriving(request).take(
        account.principal, number, form["code"], clock_of(request)
    )
    place = f"{HERE}/{welcome.mandate.id}" if welcome.mandate else "/connexion"
    return RedirectResponse(place, status_code=303)


async def _join(request: Request, form: Form, welcome: Welcome) -> Response:
    settings, now = request.app.state.settings, clock_of(request)
    session = Session.new(form["identifiant"].casefold(), settings.clock())
    who = Newcomer(form["identifiant"], form["nouveau"], session.identifier, origin(request))
    arrived = await _arriving(request).join(form["code"], who, now)
    if arrived.wrong:
        name = "nouveau" if arrived.wrong == "password" else "identifiant"
        form.errors[name] = _ERRORS[arrived.wrong]
        return _page(request, form, status=422, welcome=welcome)
    opened_session = Session(session.identifier, arrived.login, session.started)
    reply = go_on(arrived.step, "/securite")
    set_cookie(reply, opened_session, settings)
    return reply


def _page(
    request: Request,
    form: Form,
    *,
    status: int = 200,
    welcome: Welcome | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    account = request.state.account
    mandate = welcome.mandate if welcome else None
    values: dict[str, Any] = {
        "form": form, "welcome": welcome, "mandate": mandate,
        "kind": KINDS[mandate.kind] if mandate else "",
        "opens": opened(mandate.parts) if mandate else "",
        "is_citizen": account is not None and is_citizen(account),
    }  # fmt: skip
    reply = page(request, TEMPLATE, status=status, **values)
    reply.headers.update(headers or {})
    return reply


def _arriving(request: Request) -> Arriving:
    arriving: Arriving | None = request.app.state.ports.arriving
    if arriving is None:
        raise NotFound("there are no accounts here")
    return arriving


routes = [
    Route(PATH, ask, methods=["GET"]),
    Route(PATH, answer, methods=["POST"]),
]
