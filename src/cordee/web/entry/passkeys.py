"""Passkeys on the screen: enter by one, enrol one, take one away."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.identity.accounts.entering import Outcome
from cordee.identity.passkeys.keeping import Passkeys
from cordee.runtime.errors import NotFound
from cordee.web.entry.answers import go_on, origin, refuse, visitor_of
from cordee.web.entry.routes import form_page
from cordee.web.entry.security import PATH, proof, security_page
from cordee.web.forms import read_form
from cordee.web.guarding import PASSKEY, safe_path, signed_in
from cordee.web.language import gettext as _
from cordee.web.sessions import Session, set_cookie

JSON = "application/json"


async def ask(request: Request) -> Response:
    """Give the options to show a key, for whoever holds this browser."""
    session: Session = request.state.session
    body = await passkeys_of(request).ask(session.identifier)
    return Response(body, media_type=JSON)


async def enter(request: Request) -> Response:
    """Open a session for who shows a key."""
    form = await read_form(request)
    settings = request.app.state.settings
    browser, fresh = request.state.session, Session.new("", settings.clock())
    entered = await passkeys_of(request).enter(
        browser.identifier, form["reponse"], fresh.identifier, origin(request)
    )
    if entered.step:
        answer = go_on(entered.step, safe_path(form["suite"]))
        set_cookie(answer, Session(fresh.identifier, entered.login, fresh.started), settings)
        return answer
    wrong = _("Cette clé d’accès n’ouvre aucun compte ici")
    status, headers = refuse(form, "cle", Outcome(wait=entered.wait), wrong)
    answer = await form_page(request, form, status=status)
    answer.headers.update(headers)
    return answer


async def ask_to_enrol(request: Request) -> Response:
    """Give the options of a new key."""
    visitor = visitor_of(signed_in(request))
    session: Session = request.state.session
    body = await passkeys_of(request).ask_to_enrol(visitor, session.identifier)
    return Response(body, media_type=JSON)


async def enrol(request: Request) -> Response:
    """Keep a new key, of who has proved again who they are."""
    form = await read_form(request)
    visitor = visitor_of(signed_in(request))
    refused = await proof(request, form, "preuve-cle")
    if refused:
        return refused
    kept = await passkeys_of(request).enrol(
        visitor, request.state.session.identifier, form["reponse"], form["nom"], origin(request)
    )
    if kept:
        return RedirectResponse(f"{PATH}#cles", status_code=303)
    form.errors["cle-acces"] = _("La clé n’a pas pu être ajoutée : recommencez")
    return await security_page(request, form, status=422)


async def remove(request: Request) -> Response:
    """Take a key away."""
    form = await read_form(request)
    visitor = visitor_of(signed_in(request))
    refused = await proof(request, form, "preuve-retrait-cle")
    if refused:
        return refused
    await passkeys_of(request).remove(visitor, form["cle"], origin(request))
    return RedirectResponse(f"{PATH}#cles", status_code=303)


def passkeys_of(request: Request) -> Passkeys:
    """Give the keys of this installation; raises `NotFound` where browsers allow none."""
    passkeys: Passkeys | None = request.app.state.ports.passkeys
    if passkeys is None:
        raise NotFound("keys need a name over https")
    return passkeys


routes = [
    Route(PASSKEY, ask, methods=["GET"]),
    Route(PASSKEY, enter, methods=["POST"]),
    Route(f"{PATH}/cle", ask_to_enrol, methods=["GET"]),
    Route(f"{PATH}/cle", enrol, methods=["POST"]),
    Route(f"{PATH}/cle/retrait", remove, methods=["POST"]),
]
