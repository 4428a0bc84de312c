"""My security: second factor, recovery codes, password, the sessions that are open."""

from __future__ import annotations

from typing import Any

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.identity.accounts.entering import Outcome
from cordee.identity.accounts.securing import Enrolment, Securing
from cordee.identity.accounts.sessions import Visitor, shown_id
from cordee.identity.federation.relying import Federation
from cordee.identity.passkeys.keeping import Passkeys
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.web.entry.answers import entrance_of, origin, refuse, visitor_of
from cordee.web.entry.federation import buttons, federation_of
from cordee.web.entry.steps import NEW_PASSWORD_ERRORS
from cordee.web.forms import Form, read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.relatives.people import is_citizen
from cordee.web.rendering import page

TEMPLATE = "entry/templates/security.html"
PATH = "/securite"
_SCALE, _BORDER = 4, 4
_TWO = 2
_BROWSERS = (  # each says that it is those below it too
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


async def show(request: Request) -> Response:
    """Give the page."""
    return await security_page(request, Form())


async def start(request: Request) -> Response:
    """Give a secret to scan, to who knows the password."""
    form = await read_form(request)
    refused = await proof(request, form, "preuve-application")
    if refused:
        return refused
    securing, visitor = _parts(request)
    if (await securing.factors(visitor)).has_totp:
        return RedirectResponse(PATH, status_code=303)
    return await security_page(request, Form(), enrolment=await securing.start(visitor))


async def finish(request: Request) -> Response:
    """Enrol the application by its first code, and show the recovery codes once."""
    form = await read_form(request)
    securing, visitor = _parts(request)
    codes = await securing.finish(visitor, form["code"], request.state.session.identifier)
    if codes:
        return await security_page(request, Form(), codes=codes)
    enrolment = await securing.pending(visitor)
    if enrolment is None:
        return RedirectResponse(PATH, status_code=303)
    form.errors["code"] = _("Ce code n’est pas le bon : saisissez celui qui s’affiche maintenant")
    return await security_page(request, form, status=422, enrolment=enrolment)


async def renew_codes(request: Request) -> Response:
    """Replace the recovery codes, and show them once."""
    form = await read_form(request)
    refused = await proof(request, form, "preuve-codes")
    if refused:
        return refused
    securing, visitor = _parts(request)
    if not (await securing.factors(visitor)).has_totp:
        return RedirectResponse(PATH, status_code=303)
    return await security_page(request, Form(), codes=await securing.renew_codes(visitor))


async def remove(request: Request) -> Response:
    """Remove the second factor."""
    form = await read_form(request)
    refused = await proof(request, form, "preuve-retrait")
    if refused:
        return refused
    securing, visitor = _parts(request)
    await securing.remove(visitor)
    return RedirectResponse(PATH, status_code=303)


async def renew_password(request: Request) -> Response:
    """Replace the password; the other sessions end."""
    form = await read_form(request)
    refused = await proof(request, form, "actuel")
    if refused:
        return refused
    _securing, visitor = _parts(request)
    session = request.state.session.identifier
    outcome = await entrance_of(request).renew(visitor, form["nouveau"], session, origin(request))
    if outcome.error:
        form.errors["nouveau"] = NEW_PASSWORD_ERRORS[outcome.error]
        return await security_page(request, form, status=422)
    return await security_page(request, Form(), has_new_password=True)


async def set_short_code(request: Request) -> Response:
    """Set the short code of shared workstations, and a badge."""
    form = await read_form(request)
    refused = await proof(request, form, "preuve-court")
    if refused:
        return refused
    _securing, visitor = _parts(request)
    switching = request.app.state.ports.switching
    try:
        kept = await switching.set_code(visitor, form["court"], form["badge"], origin(request))
    except RuleBroken:
        form.errors["badge"] = _("Ce badge est déjà celui d’une autre personne")
        return await security_page(request, form, status=422)
    if kept:
        return RedirectResponse(f"{PATH}#poste", status_code=303)
    form.errors["court"] = _("Choisissez six à huit chiffres, ni pareils ni qui se suivent")
    return await security_page(request, form, status=422)


async def unlink(request: Request) -> Response:
    """Take an identity of a provider away from the account."""
    form = await read_form(request)
    _securing, visitor = _parts(request)
    await federation_of(request).unlink(visitor, form["fournisseur"], origin(request))
    return RedirectResponse(f"{PATH}#identites", status_code=303)


async def close(request: Request) -> Response:
    """Close one of the person's sessions."""
    form = await read_form(request)
    _securing, visitor = _parts(request)
    entrance = entrance_of(request)
    await entrance.sessions.close_one(visitor.account, form["session"], entrance.clock())
    return RedirectResponse(f"{PATH}#sessions", status_code=303)


async def proof(request: Request, form: Form, name: str) -> Response | None:
    """Ask for the password again before a change; the page with its error when it is not right."""
    securing, visitor = _parts(request)
    if visitor.level >= _TWO and not (await securing.factors(visitor)).has_password:
        return None  # who enters by a provider has shown more than a password
    if form[name]:
        outcome = await entrance_of(request).prove(visitor, form[name], origin(request))
    else:
        outcome = Outcome()
    if outcome.step:
        return None
    wrong = (
        _("Ce n’est pas votre mot de passe") if form[name] else _("Saisissez votre mot de passe")
    )
    status, headers = refuse(form, name, outcome, wrong)
    answer = await security_page(request, form, status=status)
    answer.headers.update(headers)
    return answer


def _parts(request: Request) -> tuple[Securing, Visitor]:
    securing: Securing | None = request.app.state.ports.securing
    if securing is None:
        raise NotFound("the demonstration has no local accounts")
    return securing, visitor_of(signed_in(request))


async def security_page(
    request: Request,
    form: Form,
    *,
    enrolment: Enrolment | None = None,
    codes: tuple[str, ...] = (),
    has_new_password: bool = False,
    **values: Any,
) -> Response:
    """Give the page of one's own security."""
    securing, visitor = _parts(request)
    factors = await securing.factors(visitor)
    switching = request.app.state.ports.switching
    federation: Federation | None = request.app.state.ports.federation
    passkeys: Passkeys | None = request.app.state.ports.passkeys
    return page(
        request,
        TEMPLATE,
        form=form,
        factors=factors,
        sessions=[
            (one, one.opened.astimezone(PARIS), one.seen.astimezone(PARIS), _browser(one.agent))
            for one in factors.sessions
        ],
        here=shown_id(request.state.session.identifier),
        enrolment=enrolment,
        picture=_picture(enrolment.address) if enrolment else "",
        codes=codes,
        has_new_password=has_new_password,
        keys=await passkeys.of(visitor) if passkeys else None,
        providers=await buttons(request),
        is_citizen=is_citizen(signed_in(request)),
        links=await federation.links(visitor) if federation else (),
        has_short_code=switching is not None and await switching.has_code(visitor),
        **values,
    )


def _browser(agent: str) -> str:
    """The name of a browser and of its system, as far as it says them."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), _("Navigateur inconnu"))
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if not system:
        return browser
    return _("%(browser)s sous %(system)s") % {"browser": browser, "system": system}


def _picture(address: str) -> Markup:
    """The QR code as inline SVG."""
    made = segno.make(address, error="m", micro=False)
    text = made.svg_inline(scale=_SCALE, border=_BORDER, dark="#000", light="#fff")
    return Markup(text)  # noqa: S704 -- drawn by the library: squares, no text of a person


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}/application", start, methods=["POST"]),
    Route(f"{PATH}/application/code", finish, methods=["POST"]),
    Route(f"{PATH}/application/retrait", remove, methods=["POST"]),
    Route(f"{PATH}/codes", renew_codes, methods=["POST"]),
    Route(f"{PATH}/mot-de-passe", renew_password, methods=["POST"]),
    Route(f"{PATH}/identites", unlink, methods=["POST"]),
    Route(f"{PATH}/code-court", set_short_code, methods=["POST"]),
    Route(f"{PATH}/sessions", close, methods=["POST"]),
]
