"""Somebody comes in unannounced: why, how grave, where; and whether they were expected. C4.2."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.emergency.stay import GRAVITIES, Entry
from cordee.care.passages.sheet import MACHINE
from cordee.care.workflow.machines import machines
from cordee.web.emergency.entrance import REFUSED, rooms_of
from cordee.web.forms import Form, form_number, put_errors, read_form
from cordee.web.passages.sending import caregiver
from cordee.web.record.routes import values_around
from cordee.web.rendering import page

TEMPLATE: Final = "emergency/templates/entry.html"


async def form(request: Request) -> Response:
    """Give the form of an entry."""
    caregiver(request)
    return await _page(request, Form({"numero": str(uuid4())}))


async def enter(request: Request) -> Response:
    """Note the entry, then show the stay; what was typed stays when it is refused."""
    sent = await read_form(request)
    account, patient = caregiver(request), request.path_params["patient_id"]
    motives = machines()[MACHINE].facts["motive"].choices
    code = sent["motif"] if sent["motif"] in motives else ""
    now = request.app.state.settings.clock()
    entry = Entry(code, motives.get(code, ""), sent["precision"], now, sent["ccmu"], sent["box"])
    try:
        key = await rooms_of(request).stays.enter(
            account.principal, patient, form_number(sent), entry
        )
    except REFUSED as error:
        status = put_errors(sent, error, {}, "motif")
        return await _page(request, sent, status=status)
    return RedirectResponse(f"/patients/{patient}/passage/{key}", status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    _rows, values = await values_around(request, "parcours")
    facts = machines()[MACHINE].facts
    values |= {
        "form": form,
        "motives": list(facts["motive"].choices.items()),
        "gravities": [(one, facts["ccmu"].choices[one]) for one in GRAVITIES],
    }
    return page(request, TEMPLATE, status=status, **values)
