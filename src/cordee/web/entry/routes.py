"""Sign in and sign out."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.identity.accounts.entering import Entrance
from cordee.web.entry.answers import go_on, origin, refuse
from cordee.web.entry.federation import back_of, buttons
from cordee.web.forms import Form, read_form
from cordee.web.guarding import SIGN_IN, SIGN_OUT, STEPS, safe_path, signed_in, with_path
from cordee.web.language import gettext as _
from cordee.web.ports import Account
from cordee.web.rendering import page
from cordee.web.sessions import COOKIE, Session, set_cookie

TEMPLATE = "entry/templates/sign_in.html"
FAREWELL = "entry/templates/farewell.html"


async def show(request: Request) -> Response:
    """Give the sign-in page."""
    suite = safe_path(request.query_params.get("suite", "/"))
    if request.state.account is not None:
        return RedirectResponse("/", status_code=303)
    if request.state.entering is not None:
        return RedirectResponse(
            with_path(STEPS[request.state.entering.step], suite), status_code=303
        )
    return await form_page(request, Form({"suite": suite}))


async def enter(request: Request) -> Response:
    """Open a session, or show the form again with what is wrong."""
    form = await read_form(request)
    settings, ports = request.app.state.settings, request.app.state.ports
    if not settings.is_demo and ports.entrance is not None:
        return await _enter_with_password(request, form, ports.entrance)
    account = await ports.accounts.sign_in(form["compte"]) if settings.is_demo else None
    if account is None:
        if settings.is_demo:
            form.errors["comptes"] = _("Choisissez une personne de la liste")
        return await form_page(request, form, status=422)
    answer = RedirectResponse(safe_path(form["suite"]), status_code=303)
    set_cookie(answer, Session.new(account.user, settings.clock()), settings)
    return answer


async def leave(request: Request) -> Response:
    """Close the session here and everywhere."""
    await read_form(request)
    account = request.state.entering or signed_in(request)
    ports, session = request.app.state.ports, request.state.session.identifier
    address = await ports.leaving.farewell(session, back_of(request)) if ports.leaving else ""
    await ports.accounts.sign_out(account.user, session)
    answer: Response = RedirectResponse(SIGN_IN, status_code=303)
    if address:
        request.state.account = None
        answer = page(request, FAREWELL, address=address)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    # The worker takes its copies away itself: what waits for the network stays (decision 0066).
    answer.headers["clear-site-data"] = '"cache"'
    return answer


async def _enter_with_password(request: Request, form: Form, entrance: Entrance) -> Response:
    for name, message in (
        ("identifiant", _("Saisissez votre identifiant")),
        ("mot-de-passe", _("Saisissez votre mot de passe")),
    ):
        if not form[name]:
            form.errors[name] = message
    if form.errors:
        return await form_page(request, form, status=422)
    settings = request.app.state.settings
    session = Session.new(form["identifiant"].casefold(), settings.clock())
    outcome = await entrance.enter(
        session.user, form["mot-de-passe"], session.identifier, origin(request)
    )
    if outcome.step:
        answer = go_on(outcome.step, form["suite"])
        set_cookie(answer, session, settings)
        return answer
    wrong = _("Identifiant ou mot de passe inconnu")
    status, headers = refuse(form, "identifiant", outcome, wrong)
    answer = await form_page(request, form, status=status)
    answer.headers.update(headers)
    return answer


async def form_page(request: Request, form: Form, *, status: int = 200) -> Response:
    """Give the sign-in page with what was typed and what was wrong."""
    is_demo = request.app.state.settings.is_demo
    accounts = request.app.state.ports.accounts.demo_accounts() if is_demo else ()
    groups: dict[str, list[Account]] = {}
    for account in accounts:
        groups.setdefault(account.group, []).append(account)
    values: dict[str, Any] = {"form": form, "groups": groups, "initials": _initials}
    values["providers"] = await buttons(request)
    values["has_keys_here"] = request.app.state.ports.passkeys is not None
    return page(request, TEMPLATE, status=status, **values)


def _initials(name: str) -> str:
    words = [word for word in name.split() if word not in {"Dr", "Pr", "M.", "Mme"}]
    return "".join(word[0].upper() for word in words[:2])


routes = [
    Route(SIGN_IN, show, methods=["GET"]),
    Route(SIGN_IN, enter, methods=["POST"]),
    Route(SIGN_OUT, leave, methods=["POST"]),
]
