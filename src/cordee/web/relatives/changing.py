"""Changes what somebody close may see, or until when; at once, without a new code."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.consulting import own_record
from cordee.access.facts import Power
from cordee.access.mandates.kinds import Mandate
from cordee.access.mandates.parts import EVERYTHING
from cordee.identity.principal import Principal
from cordee.runtime.errors import RuleBroken
from cordee.runtime.french import PARIS
from cordee.web.forms import Form, read_form
from cordee.web.relatives.center import HERE, citizen, clock_of, number_of
from cordee.web.relatives.offers import offer_of
from cordee.web.relatives.words import ALL, KINDS, PARTS, documents
from cordee.web.rendering import page
from cordee.web.trust import trust_of

TEMPLATE = "relatives/templates/change.html"


async def show(request: Request) -> Response:
    """Give what a mandate opens, to be changed."""
    _, mandate, back = await _deciding(request)
    return _page(request, mandate, back, Form(_said(mandate)))


async def act(request: Request) -> Response:
    """Keep what the mandate opens from now on."""
    form = await read_form(request)
    principal, mandate, back = await _deciding(request)
    now = clock_of(request)
    try:
        kept = {"qualite": mandate.kind.value, "nom": mandate.name, "lien": mandate.bond}
        offer = offer_of(Form({**form.values, **kept}), now)
        if mandate.starts <= now:
            offer = replace(offer, starts=min(mandate.starts, offer.starts))
        await trust_of(request).naming.change(principal, mandate.id, offer, now)
    except RuleBroken as error:
        form.errors["fin"] = error.message
        return _page(request, mandate, back, form)
    return RedirectResponse(back, status_code=303)


async def _deciding(request: Request) -> tuple[Principal, Mandate, str]:
    """Tell as who the signed-in person decides of a mandate, and where they came from."""
    account, naming, now = citizen(request), trust_of(request).naming, clock_of(request)
    number = number_of(request.path_params["mandate"])
    whose: list[tuple[Principal, str, str]] = []
    if account.is_patient:
        whose.append((account.principal, own_record(account.principal), HERE))
    for one in await naming.held(account.principal, now):
        if Power.MANAGE in one.powers:
            principal, _ = await naming.acting(account.principal, one.id, now)
            whose.append((principal, one.patient, f"{HERE}/{one.id}/entourage"))
    for principal, patient, back in whose:
        for one in await naming.around(principal, patient, now):
            if one.id == number and one.is_named and one.ended is None:
                return principal, one, back
    raise HTTPException(404)


def _page(request: Request, mandate: Mandate, back: str, form: Form) -> Response:
    return page(
        request, TEMPLATE, status=422 if form.errors else 200, form=form, mandate=mandate,
        kind=KINDS[mandate.kind], back=back, parts=PARTS, all_=ALL, documents=documents(),
        today=clock_of(request).date().isoformat(),
    )  # fmt: skip


def _said(mandate: Mandate) -> dict[str, str]:
    """Give the fields as they stand."""
    said = {f"part-{'tout' if one == EVERYTHING else one}": "oui" for one in mandate.parts}
    if mandate.ends is not None:
        said["fin"] = _day(mandate.ends - timedelta(seconds=1))
    return said | {"debut": _day(mandate.starts)}


def _day(moment: datetime) -> str:
    return moment.astimezone(PARIS).date().isoformat()


routes = [
    Route("/mes-proches/modifier/{mandate}", show, methods=["GET"]),
    Route("/mes-proches/modifier/{mandate}", act, methods=["POST"]),
]
