"""At the desk: legal representatives of a patient, and the code that opens the patient's space."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.facts import Power
from cordee.access.mandates.arriving import Arriving
from cordee.access.mandates.kinds import NAMED
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.identity.entrance import professional
from cordee.web.language import gettext as _
from cordee.web.relatives.center import clock_of, number_of
from cordee.web.relatives.offers import offer_of
from cordee.web.relatives.words import ALL, KINDS, PARTS, POWERS, PROOFS, documents, row_of
from cordee.web.rendering import page
from cordee.web.trust import patient_of, trust_of

TEMPLATE = "relatives/templates/desk.html"


async def show(request: Request) -> Response:
    """Give the representatives of a patient, and whether the patient has a space."""
    professional(request)
    return await _page(request, Form())


async def act(request: Request) -> Response:
    """Record or end a representation, open or close the patient's space."""
    form = await read_form(request)
    professional(request)
    try:
        shown = await _do(request, form)
    except RuleBroken as error:
        form.errors["nom" if form["geste"] == "enregistrer" else "espace"] = error.message
        return await _page(request, form)
    if shown is not None:
        return await _page(request, Form(), shown=shown)
    return RedirectResponse(f"/patients/{patient_of(request)}/proches", status_code=303)


async def _do(request: Request, form: Form) -> tuple[str, str, datetime] | None:
    """Give for whom a code is, the code, and its end; None where the act gives none."""
    trust, now, patient = trust_of(request), clock_of(request), patient_of(request)
    principal, arriving = professional(request).principal, _arriving(request)
    match form["geste"]:
        case "enregistrer":
            given = await trust.naming.give(principal, patient, offer_of(form, now), now)
            return given.mandate.name, given.code, given.ends
        case "inviter":
            number = number_of(form["mandat"])
            given = await trust.naming.invite_again(principal, number, now)
            return given.mandate.name, given.code, given.ends
        case "terminer":
            await trust.naming.end(principal, number_of(form["mandat"]), now)
        case "ouvrir":
            code, ends = await arriving.offer_space(principal, patient, now)
            return "", code, ends
        case "fermer":
            await arriving.close_space(principal, patient, now)
        case _:
            raise HTTPException(400)
    return None


async def _page(
    request: Request, form: Form, *, shown: tuple[str, str, datetime] | None = None
) -> Response:
    trust, now, patient = trust_of(request), clock_of(request), patient_of(request)
    principal = professional(request).principal
    around = await trust.naming.around(principal, patient, now)
    space = await _arriving(request).space(principal, patient, now)
    values: dict[str, Any] = {
        "form": form, "patient_id": patient, "space": space, "shown": shown,
        "rows": [row_of(one, now, may_end=not one.is_named) for one in around],
        "kinds": [(one.value, text) for one, text in KINDS.items() if one not in NAMED],
        "proofs": [("", _("choisir")), *PROOFS.items()], "parts": PARTS, "all_": ALL,
        "documents": documents(), "today": now.date().isoformat(),
        "powers": {one.value: text for one, text in POWERS.items()}, "read": Power.READ,
        "name": await trust.naming.name_of(principal, patient, "identity shown"),
    }  # fmt: skip
    return page(request, TEMPLATE, status=422 if form.errors else 200, **values)


def _arriving(request: Request) -> Arriving:
    arriving: Arriving | None = request.app.state.ports.arriving
    if arriving is None:
        raise NotFound("there are no accounts here")
    return arriving


routes = [
    Route("/patients/{patient_id}/proches", show, methods=["GET"]),
    Route("/patients/{patient_id}/proches", act, methods=["POST"]),
]
