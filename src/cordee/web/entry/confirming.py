"""Confirm with a second factor, then come back: a code, a passkey, or a provider."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.identity.accounts.entering import Outcome
from cordee.identity.accounts.sessions import Visitor
from cordee.web.entry.answers import entrance_of, origin, refuse, visitor_of
from cordee.web.entry.federation import buttons
from cordee.web.entry.passkeys import passkeys_of
from cordee.web.forms import Form, read_form
from cordee.web.guarding import CONFIRM, safe_path, signed_in
from cordee.web.language import gettext as _
from cordee.web.rendering import page

TEMPLATE = "entry/templates/confirm.html"
_TWO = 2


async def show(request: Request) -> Response:
    """Give the ways to confirm; who has confirmed already goes on."""
    account = signed_in(request)
    suite = safe_path(request.query_params.get("suite", "/"))
    if account.principal.level >= _TWO:
        return RedirectResponse(suite, status_code=303)
    return await _page(request, Form({"suite": suite}))


async def confirm(request: Request) -> Response:
    """Read a code, or what a passkey has signed."""
    form = await read_form(request)
    visitor = visitor_of(signed_in(request))
    session, here = request.state.session.identifier, origin(request)
    name, wrong = "code", _("Ce code n’est pas le bon, ou il a déjà servi")
    if visitor.broken is not None:
        outcome = Outcome()
        wrong = _("Pro Santé Connect ne répond pas : aucun nouvel accès au DMP pour l’instant")
    elif form["reponse"]:
        name, wrong = "cle", _("Cette clé n’est pas une clé d’accès de votre compte")
        outcome = await passkeys_of(request).confirm(visitor, session, form["reponse"], here)
    else:
        outcome = await entrance_of(request).step_up(visitor, form["code"], session, here)
    if outcome.step:
        return RedirectResponse(safe_path(form["suite"]), status_code=303)
    status, headers = refuse(form, name, outcome, wrong)
    answer = await _page(request, form, status=status)
    answer.headers.update(headers)
    return answer


async def _page(request: Request, form: Form, **values: Any) -> Response:
    account = signed_in(request)
    visitor = visitor_of(account)
    return page(
        request, TEMPLATE, form=form, person=account, is_broken=visitor.broken is not None,
        has_code=await _has_code(request, visitor), has_key=await _has_key(request, visitor),
        providers=await buttons(request), **values,
    )  # fmt: skip


async def _has_code(request: Request, visitor: Visitor) -> bool:
    securing = request.app.state.ports.securing
    return securing is not None and (await securing.factors(visitor)).has_totp


async def _has_key(request: Request, visitor: Visitor) -> bool:
    passkeys = request.app.state.ports.passkeys
    return passkeys is not None and bool(await passkeys.of(visitor))


routes = [
    Route(CONFIRM, show, methods=["GET"]),
    Route(CONFIRM, confirm, methods=["POST"]),
]
