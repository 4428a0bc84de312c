"""Requests of persons at the DPO's desk: identity, clock, answer, limitation, register. A6.3."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.rights.requesting import Act, Channel, Right, RightsRequest
from cordee.care.record.traits import read_traits
from cordee.runtime.errors import RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.persons import describe
from cordee.web.protection.entrance import dpo, key_of, now_of
from cordee.web.rendering import page
from cordee.web.rights.routes import answer_file
from cordee.web.rights.words import ACTS, CHANNELS, NAMES, request_row
from cordee.web.sheets import spreadsheet
from cordee.web.trust import trust_of

LIST = "protection/templates/requests.html"
ONE = "protection/templates/request.html"
HERE = "/protection/demandes"


async def requests(request: Request) -> Response:
    """Give the register and the form of a request that came by letter."""
    return await _list(request, Form())


async def receive(request: Request) -> Response:
    """Keep a request that came by letter or at the desk."""
    form, principal = await read_form(request), dpo(request)
    if form["droit"] not in set(Right) or form["voie"] not in set(Channel) - {Channel.ONLINE}:
        form.errors["droit"] = _("Dites ce qui est demandé, et par quelle voie")
        return await _list(request, form)
    asked = (Right(form["droit"]), Channel(form["voie"]))
    try:
        number = await trust_of(request).rights.receive(
            principal, form["dossier"], asked, form["mots"], now_of(request)
        )
    except RuleBroken as error:
        form.errors["dossier"] = error.message
        return await _list(request, form)
    return RedirectResponse(f"{HERE}/{number}", status_code=303)


async def one(request: Request) -> Response:
    """Give one request with its clock and its person."""
    return await _one(request, Form())


async def act(request: Request) -> Response:
    """Keep a step on a request."""
    form, principal = await read_form(request), dpo(request)
    if form["geste"] not in set(Act):
        raise HTTPException(400)
    try:
        await trust_of(request).rights.act(
            principal, key_of(request), Act(form["geste"]), form["mots"], now_of(request)
        )
    except RuleBroken as error:
        form.errors["mots-" + form["geste"]] = error.message
        return await _one(request, form)
    trust_of(request).guard.forget()
    return RedirectResponse(f"{HERE}/{request.path_params['key']}", status_code=303)


async def copy(request: Request) -> Response:
    """Give the ZIP that answers a request."""
    return await answer_file(request, dpo(request))


async def register(request: Request) -> Response:
    """Give the register of requests as CSV."""
    now = now_of(request)
    rows = [request_row(one, now) for one in await trust_of(request).rights.register(dpo(request))]
    head = (
        _("Demande"), _("Dossier"), _("Droit"), _("Voie"), _("Reçue le"), _("Échéance"), _("État"),
        _("Étapes"),
    )  # fmt: skip
    return spreadsheet(
        "registre-demandes.csv", head,
        ((one.key, one.patient, one.name, one.channel, one.at, one.due, one.clock,
          " | ".join(f"{step.at} {step.title} ({step.by})" for step in one.steps))
         for one in rows),
    )  # fmt: skip


def _acts(found: RightsRequest) -> list[tuple[str, str]]:
    """What may be done now, in its order."""
    if found.ended:
        left = [Act.LIFTED] if found.is_limited else []
    else:
        left = [act for act in (Act.IDENTITY, Act.EXTENDED) if not found.step(act)]
        if found.right in {Right.LIMITATION, Right.OPPOSITION, Right.RECTIFICATION}:
            closing = Act.LIFTED if found.is_limited else Act.LIMITED
            left += [] if found.step(Act.LIFTED) else [closing]
        left += [Act.ANSWERED, Act.REFUSED]
    return [(act, ACTS[act]) for act in left]


async def _list(request: Request, form: Form) -> Response:
    principal, now = dpo(request), now_of(request)
    rows = [request_row(one, now) for one in await trust_of(request).rights.register(principal)]
    return page(
        request, LIST, status=422 if form.errors else 200, form=form, here=HERE,
        waiting=[one for one in rows if one.is_open],
        ended=[one for one in rows if not one.is_open], names=NAMES,
        channels={code: name for code, name in CHANNELS.items() if code is not Channel.ONLINE},
    )  # fmt: skip


async def _one(request: Request, form: Form) -> Response:
    principal, now, rights = dpo(request), now_of(request), trust_of(request).rights
    found = await rights.one(principal, key_of(request))
    body = await rights.person(principal, found)
    return page(
        request, ONE, status=422 if form.errors else 200, form=form, row=request_row(found, now),
        person=describe(read_traits(body), now.date()) if body else None, acts=_acts(found),
        here=HERE, corrects=found.right is Right.RECTIFICATION, limited=found.is_limited,
    )  # fmt: skip


routes = [
    Route(HERE, requests, methods=["GET"]),
    Route(HERE, receive, methods=["POST"]),
    Route(HERE + "/registre.csv", register, methods=["GET"]),
    Route(HERE + "/{key}", one, methods=["GET"]),
    Route(HERE + "/{key}", act, methods=["POST"]),
    Route(HERE + "/{key}/copie.zip", copy, methods=["GET"]),
]
