"""Mes proches: whom a patient opens the record to, and for whom the signed-in person acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.consulting import own_record
from cordee.access.mandates.kinds import NAMED, Mandate
from cordee.access.mandates.naming import Given
from cordee.identity.principal import Principal
from cordee.runtime.errors import AccessDenied, RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.guarding import signed_in
from cordee.web.relatives.offers import offer_of
from cordee.web.relatives.people import is_citizen
from cordee.web.relatives.words import (
    ALL,
    KINDS,
    PARTS,
    documents,
    past_of,
    row_of,
)
from cordee.web.rendering import page
from cordee.web.trust import trust_of

CENTER = "relatives/templates/center.html"
HERE = "/mes-proches"


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose relatives the page is about, who decides of them, and where the page is."""

    principal: Principal
    patient: str
    here: str
    mandate: Mandate | None = None


async def show(request: Request) -> Response:
    """Give whom one opened one's record to, and whom one acts for."""
    return await _page(request, Form())


async def act(request: Request) -> Response:
    """Name somebody, give a new code, or end a mandate."""
    form = await read_form(request)
    whose = await _whose(request)
    try:
        given = await _do(request, form, whose)
    except RuleBroken as error:
        form.errors["nom"] = error.message
        return await _page(request, form)
    if given is not None:
        return await _page(request, Form(), given=given)
    return RedirectResponse(whose.here if whose else HERE, status_code=303)


async def _do(request: Request, form: Form, whose: Whose | None) -> Given | None:
    trust, account, now = trust_of(request), signed_in(request), clock_of(request)
    match form["geste"]:
        case "nommer" if whose is not None:
            offer = offer_of(form, now)
            return await trust.naming.give(whose.principal, whose.patient, offer, now)
        case "inviter" if whose is not None:
            number = number_of(form["mandat"])
            return await trust.naming.invite_again(whose.principal, number, now)
        case "retirer" if whose is not None:
            await trust.naming.end(whose.principal, number_of(form["mandat"]), now)
        case "rendre":
            await trust.naming.end(account.principal, number_of(form["mandat"]), now)
        case _:
            raise HTTPException(400)
    return None


async def _page(request: Request, form: Form, *, given: Given | None = None) -> Response:
    trust, account, now = trust_of(request), signed_in(request), clock_of(request)
    whose = await _whose(request)
    values: dict[str, Any] = {"rows": (), "past": (), "held": (), "person": ""}
    if whose is not None:
        around = await trust.naming.around(whose.principal, whose.patient, now)
        values["rows"] = [
            row_of(one, now, may_end=one.is_named and one.agent != account.user) for one in around
        ]
        events = await trust.naming.history(whose.principal, whose.patient, now)
        values["past"] = past_of(events)
    if whose is None or whose.mandate is None:
        values["held"] = [
            (row_of(one, now, may_end=True), await _name(request, one))
            for one in await trust.naming.held(account.principal, now)
        ]
    else:
        values["person"] = await _name(request, whose.mandate)
    return page(
        request, CENTER, status=422 if form.errors else 200, form=form, whose=whose, given=given,
        kinds=[(one.value, KINDS[one]) for one in KINDS if one in NAMED], parts=PARTS, all_=ALL,
        documents=documents(), today=now.date().isoformat(),
        code_until=given.ends if given else now, **values,
    )  # fmt: skip


async def _name(request: Request, mandate: Mandate) -> str:
    """Give the name of the person somebody acts for."""
    trust, account, now = trust_of(request), signed_in(request), clock_of(request)
    principal, mandate = await trust.naming.acting(account.principal, mandate.id, now)
    return await trust.naming.name_of(principal, mandate.patient)


async def _whose(request: Request) -> Whose | None:
    """Tell whose relatives these are; None for who has no record and represents nobody here."""
    account = citizen(request)
    number = request.path_params.get("mandate")
    if number is not None:
        trust, now = trust_of(request), clock_of(request)
        principal, mandate = await trust.naming.acting(account.principal, number_of(number), now)
        return Whose(principal, mandate.patient, f"{HERE}/{mandate.id}/entourage", mandate)
    if not account.is_patient:
        return None
    return Whose(account.principal, own_record(account.principal), HERE)


def citizen(request: Request) -> Any:
    """Give the account of a patient or of somebody close; raises `AccessDenied` for others."""
    account = signed_in(request)
    if not is_citizen(account):
        raise AccessDenied("only patients and those close to them open this page")
    return account


def number_of(text: str) -> UUID:
    """Give a number of a mandate; 404 for what is none."""
    try:
        return UUID(text)
    except ValueError as error:
        raise HTTPException(404) from error


def clock_of(request: Request) -> Any:
    """Give the moment of the request."""
    return request.app.state.settings.clock()


routes = [
    Route("/mes-proches", show, methods=["GET"], name="relatives"),
    Route("/mes-proches", act, methods=["POST"]),
    Route("/mes-proches/{mandate}/entourage", show, methods=["GET"]),
    Route("/mes-proches/{mandate}/entourage", act, methods=["POST"]),
]
