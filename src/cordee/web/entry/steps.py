"""What may be asked between a password and work: a code, a new password, a situation, a lock."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.identity.accounts.entering import Outcome
from cordee.identity.accounts.switching import Switching
from cordee.runtime.errors import NotAuthenticated, NotFound
from cordee.web.entry.answers import entrance_of, go_on, origin, refuse, visitor_of
from cordee.web.entry.federation import buttons
from cordee.web.forms import Form, read_form
from cordee.web.guarding import RESUME, STEPS, halfway, safe_path, signed_in, with_path
from cordee.web.language import gettext as _
from cordee.web.ports import Account
from cordee.web.rendering import page
from cordee.web.sessions import Session, set_cookie

CODE = "entry/templates/code.html"
RENEW = "entry/templates/renew.html"
SITUATION = "entry/templates/situation.html"
LOCK = "entry/templates/lock.html"
RESUMED = "entry/templates/resumed.html"
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
    form = Form({"suite": _suite(request)})
    return await _lock_page(request, halfway(request, "locked"), form)


async def unlock(request: Request) -> Response:
    """Open a locked session again, where it was; or another person's on this workstation."""
    form = await read_form(request)
    account = halfway(request, "locked")
    if form["geste"] == "changer":
        return await _switch(request, account, form)
    session, here = request.state.session.identifier, origin(request)
    if form["reponse"]:
        outcome = await _by_key(request, account, form["reponse"])
    elif form["code-court"]:
        outcome = await _switching(request).unlock(
            visitor_of(account), form["code-court"], session, here
        )
    else:
        outcome = await entrance_of(request).unlock(
            visitor_of(account), form["preuve"], session, here
        )
    if outcome.step:
        return go_on(outcome.step, form["suite"])
    name = "code-court" if form["code-court"] else "preuve"
    wrong = _("Ce n’est ni votre mot de passe, ni un code nouveau")
    if form["code-court"]:
        wrong = _("Ce code court n’ouvre pas cette session")
    status, headers = refuse(form, name, outcome, wrong)
    return await _lock_page(request, account, form, status=status, headers=headers)


async def _switch(request: Request, account: Account, form: Form) -> Response:
    settings, fresh = (
        request.app.state.settings,
        Session.new("", request.app.state.settings.clock()),
    )
    switching = _switching(request)
    switched = await switching.switch(
        form["qui"], form["code-autre"], fresh.identifier, origin(request)
    )
    if switched.login:
        await switching.leave_place(request.state.session.identifier, safe_path(form["suite"]))
        answer = RedirectResponse(safe_path(switched.place), status_code=303)
        set_cookie(answer, Session(fresh.identifier, switched.login, fresh.started), settings)
        return answer
    wrong = _("Aucune session de cette personne n’est ouverte sur ce poste avec ce code")
    status, headers = refuse(form, "qui", Outcome(wait=switched.wait), wrong)
    return await _lock_page(request, account, form, status=status, headers=headers)


async def _by_key(request: Request, account: Account, answer: str) -> Outcome:
    passkeys = request.app.state.ports.passkeys
    if passkeys is None:
        return Outcome()
    session = request.state.session.identifier
    return await passkeys.confirm(visitor_of(account), session, answer, origin(request))


async def _lock_page(
    request: Request,
    account: Account,
    form: Form,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    ports, visitor = request.app.state.ports, visitor_of(account)
    factors = await ports.securing.factors(visitor) if ports.securing is not None else None
    return _page(
        request, LOCK, account, form=form, status=status, headers=headers,
        has_password=factors is None or factors.has_password,
        has_code=ports.switching is not None and await ports.switching.has_code(visitor),
        has_key=ports.passkeys is not None and bool(await ports.passkeys.of(visitor)),
        providers=await buttons(request),
    )  # fmt: skip


async def resume(request: Request) -> Response:
    """Show the form that was sent to a locked session, to send it again."""
    account = signed_in(request)
    session = request.state.session.identifier
    draft = await _switching(request).draft(visitor_of(account), session)
    if draft is None:
        return RedirectResponse("/", status_code=303)
    return page(request, RESUMED, draft=draft)


async def send_again(request: Request) -> Response:
    """Send the form where it was going, with its fields; or give it up."""
    form = await read_form(request)
    account = signed_in(request)
    switching, session = _switching(request), request.state.session.identifier
    draft = await switching.draft(visitor_of(account), session)
    await switching.drop(session)
    if draft is None or form["geste-reprise"] == "abandonner":
        return RedirectResponse("/", status_code=303)
    return RedirectResponse(safe_path(draft.path), status_code=307)


def _switching(request: Request) -> Switching:
    switching: Switching | None = request.app.state.ports.switching
    if switching is None:
        raise NotFound("there are no local accounts here")
    return switching


async def lock(request: Request) -> Response:
    """Lock the session now; unlocking comes back to the same page."""
    form = await read_form(request)
    visitor_of(signed_in(request))
    suite = safe_path(form["suite"])
    session = request.state.session.identifier
    switching = request.app.state.ports.switching
    if switching is None:
        await entrance_of(request).sessions.lock(session)
    else:
        await switching.leave_place(session, suite)
    return RedirectResponse(with_path(STEPS["locked"], suite), status_code=303)


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
    Route(RESUME, resume, methods=["GET"]),
    Route(RESUME, send_again, methods=["POST"]),
    Route("/verrouiller", lock, methods=["POST"]),
]
