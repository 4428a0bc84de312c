"""What may be asked between a password and work: a code, a new password, a situation, a lock."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.runtime.errors import NotAuthenticated
from cordee.web.entry.answers import entrance_of, go_on, origin, refuse, visitor_of
from cordee.web.forms import Form, read_form
from cordee.web.guarding import STEPS, halfway, safe_path, signed_in, with_path
from cordee.web.language import gettext as _
from cordee.web.ports import Account
from cordee.web.rendering import page
from cordee.web.sessions import Session, set_cookie

CODE = "entry/templates/code.html"
RENEW = "entry/templates/renew.html"
SITUATION = "entry/templates/situation.html"
LOCK = "entry/templates/lock.html"
NEW_PASSWORD_ERRORS = {
    "weak": _("Choisissez au moins 12 caractères, variés, sans votre identifiant"),
    "same": _("Choisissez un mot de passe différent de l’actuel"),
}


async def ask_code(request: Request) -> Response:
    """Give the page that asks for the second factor."""
    return _page(request, CODE, halfway(request, "code"))


async def confirm(request: Request) -> Response:
    """Read a code; a right one renews the session."""
    form = await read_form(request)
    account, settings = halfway(request, "code"), request.app.state.settings
    fresh = Session.new(account.user, settings.clock())
    outcome = await entrance_of(request).confirm(
        visitor_of(account),
        form["code"],
        request.state.session.identifier,
        fresh.identifier,
        origin(request),
    )
    if outcome.step:
        answer = go_on(outcome.step, form["suite"])
        set_cookie(answer, fresh, settings)
        return answer
    wrong = _("Ce code n’est pas le bon, ou il a déjà servi")
    status, headers = refuse(form, "code", outcome, wrong)
    return _page(request, CODE, account, form=form, status=status, headers=headers)


async def ask_password(request: Request) -> Response:
    """Give the page that asks for a password of one's own."""
    return _page(request, RENEW, halfway(request, "renew"))


async def renew(request: Request) -> Response:
    """Replace the first password."""
    form = await read_form(request)
    account = halfway(request, "renew")
    session = request.state.session.identifier
    outcome = await entrance_of(request).renew(
        visitor_of(account), form["nouveau"], session, origin(request)
    )
    if outcome.step:
        return go_on(outcome.step, form["suite"])
    form.errors["nouveau"] = NEW_PASSWORD_ERRORS[outcome.error]
    return _page(request, RENEW, account, form=form, status=422)


async def ask_situation(request: Request) -> Response:
    """Give the situations that can be chosen; also from work, to change."""
    return await _situations(request, Form({"suite": _suite(request)}))


async def choose(request: Request) -> Response:
    """Put the session in a situation."""
    form = await read_form(request)
    account = _choosing(request)
    outcome = await entrance_of(request).choose(
        visitor_of(account), form["situation"], request.state.session.identifier, origin(request)
    )
    if outcome.step:
        return go_on(outcome.step, form["suite"])
    form.errors["situations"] = _("Choisissez une situation de la liste")
    return await _situations(request, form, status=422)


async def ask_to_unlock(request: Request) -> Response:
    """Give the lock screen."""
    return _page(request, LOCK, halfway(request, "locked"))


async def unlock(request: Request) -> Response:
    """Open a locked session again, where it was."""
    form = await read_form(request)
    account = halfway(request, "locked")
    session = request.state.session.identifier
    outcome = await entrance_of(request).unlock(
        visitor_of(account), form["preuve"], session, origin(request)
    )
    if outcome.step:
        return go_on(outcome.step, form["suite"])
    wrong = _("Ce n’est ni votre mot de passe, ni un code nouveau")
    status, headers = refuse(form, "preuve", outcome, wrong)
    return _page(request, LOCK, account, form=form, status=status, headers=headers)


async def lock(request: Request) -> Response:
    """Lock the session now; unlocking comes back to the same page."""
    form = await read_form(request)
    visitor_of(signed_in(request))
    await entrance_of(request).sessions.lock(request.state.session.identifier)
    return RedirectResponse(with_path(STEPS["locked"], safe_path(form["suite"])), status_code=303)


def _choosing(request: Request) -> Account:
    return request.state.account or halfway(request, "situation")


async def _situations(request: Request, form: Form, *, status: int = 200) -> Response:
    account = _choosing(request)
    choices = await entrance_of(request).choices(visitor_of(account))
    if not choices and request.state.account is not None:
        raise NotAuthenticated("no situation is left")
    return _page(request, SITUATION, account, form=form, status=status, choices=choices)


def _suite(request: Request) -> str:
    return safe_path(request.query_params.get("suite", "/"))


def _page(
    request: Request,
    template: str,
    account: Account,
    *,
    form: Form | None = None,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> Response:
    shown = form or Form({"suite": _suite(request)})
    answer = page(request, template, form=shown, person=account, **values)
    answer.headers.update(headers or {})
    return answer


routes = [
    Route(STEPS["code"], ask_code, methods=["GET"]),
    Route(STEPS["code"], confirm, methods=["POST"]),
    Route(STEPS["renew"], ask_password, methods=["GET"]),
    Route(STEPS["renew"], renew, methods=["POST"]),
    Route(STEPS["situation"], ask_situation, methods=["GET"]),
    Route(STEPS["situation"], choose, methods=["POST"]),
    Route(STEPS["locked"], ask_to_unlock, methods=["GET"]),
    Route(STEPS["locked"], unlock, methods=["POST"]),
    Route("/verrouiller", lock, methods=["POST"]),
]
