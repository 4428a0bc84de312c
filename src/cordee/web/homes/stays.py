"""The stay of a resident: entry, room, absence for leisure, exit. Rule: B7.1."""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.homes.stays import EXITS, KINDS, Entry, Stay, absent, left, moved
from cordee.runtime import french
from cordee.runtime.errors import RuleBroken
from cordee.web.forms import Form, day_of, form_number, put_errors, read_form
from cordee.web.homes.desks import REFUSED, home_desk
from cordee.web.language import gettext as _
from cordee.web.passages.sending import caregiver
from cordee.web.record.routes import values_around
from cordee.web.rendering import page

TEMPLATE: Final = "homes/templates/stay.html"
_FIELDS: Final = {
    "kind": "sorte", "day": "jour", "room": "nouvelle", "exit": "motif", "end": "fin",
    "words": "precision",
}  # fmt: skip


async def show(request: Request) -> Response:
    """Give the stays of a person here, and what can be noted of the one that runs."""
    today = request.app.state.settings.clock().date().isoformat()
    blank = {"numero": str(uuid4()), "jour": today, "depuis": today, "fin": today}
    return await _page(request, Form(blank))


async def act(request: Request) -> Response:
    """Note an entry, a room, an absence, a return or an exit; nothing typed is lost."""
    sent = await read_form(request)
    try:
        await _acted(request, sent)
    except REFUSED as error:
        status = put_errors(sent, error, _FIELDS, _other(sent))
        return await _page(request, sent, status=status)
    patient = request.path_params["patient_id"]
    return RedirectResponse(f"/patients/{patient}/sejour", status_code=303)


async def _acted(request: Request, sent: Form) -> None:
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    now, desk = request.app.state.settings.clock(), home_desk(request).stays
    if sent["geste"] == "entrer":
        entry = Entry(
            sent["sorte"], day_of(sent["jour"]), sent["chambre"], sent["unite"], sent["venant"]
        )
        await desk.enter(principal, patient, form_number(sent), entry, now)
        return
    stay = await desk.one(principal, patient, sent["sejour"])
    if sent["geste"] == "chambre":
        after = moved(stay, sent["nouvelle"], sent["nouvelle-unite"], now.date())
    elif sent["geste"] in {"absence", "retour"}:
        after = absent(stay, is_away=sent["geste"] == "absence")
    elif sent["geste"] == "sortir":
        after = left(stay, sent["motif"], day_of(sent["fin"]), sent["precision"], now)
    else:
        raise RuleBroken(_("Choisissez ce que vous voulez faire."))
    await desk.change(principal, stay, after)


def _other(sent: Form) -> str:
    """The field where an error stands that is of none."""
    return {"entrer": "sorte", "chambre": "nouvelle", "sortir": "motif"}.get(sent["geste"], "geste")


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    (_rows, values), found = await asyncio.gather(
        values_around(request, "parcours"), home_desk(request).stays.of_patient(principal, patient)
    )
    running = next((one for one in found if one.is_open), None)
    values |= {
        "form": form,
        "running": stay_words(running) if running else None,
        "former": [stay_words(one) for one in found if not one.is_open],
        "kinds": [(code, _(text)) for code, text in KINDS.items()],
        "exits": [(code, _(text)) for code, text in EXITS.items()],
    }
    return page(request, TEMPLATE, status=status, **values)


def stay_words(one: Stay) -> dict[str, str | bool]:
    """A stay in words."""
    place = ", ".join(filter(None, (one.room, one.unit)))
    motive = _(EXITS.get(one.exit, "")) if one.exit else ""
    return {
        "key": one.key, "kind": _(KINDS.get(one.kind, one.kind)),
        "start": french.short_date(one.start), "end": french.short_date(one.end),
        "place": place, "origin": one.origin, "is_away": one.is_away,
        "exit": motive if not one.words or one.words == motive else f"{motive}, {one.words}",
    }  # fmt: skip


routes = [
    Route("/patients/{patient_id}/sejour", show, methods=["GET"]),
    Route("/patients/{patient_id}/sejour", act, methods=["POST"]),
]
