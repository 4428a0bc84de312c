"""The liaison book of a patient: its notes, filtered in the address, and a form to write one."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.liaison.notes import LONGEST, TYPES, VISIBILITIES, Note, chosen, notes_of
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.web.forms import Form, form_number, read_form
from cordee.web.guarding import reader
from cordee.web.offline.keeping import NIGHT_HOURS, kept, written_at
from cordee.web.record.routes import values_around
from cordee.web.rendering import page

TEMPLATE: Final = "liaison/templates/liaison.html"


async def show(request: Request) -> Response:
    """Give the notes."""
    return await _page(request, Form())


async def write(request: Request) -> Response:
    """Keep a note, then show the book; what cannot be kept comes back as it was typed."""
    form = await read_form(request)
    account, patient = reader(request), request.path_params["patient_id"]
    notes = request.app.state.ports.notes
    if notes is None:
        raise NotFound("there is no liaison book here")
    note = Note(form["sorte"], form["note"], form["visibilite"], form["urgent"] == "oui")
    try:
        at = written_at(form, request.app.state.settings.clock())
        await notes.write(account.principal, patient, note, at, form_number(form))
    except RuleBroken as error:
        form.errors["note"] = error.message
        return await _page(request, form, status=422)
    return RedirectResponse(f"/patients/{patient}/liaison", status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    rows, values = await values_around(request, "liaison")
    asked = request.query_params
    found = notes_of(rows.documents, rows.names)
    sort, since = asked.get("type", ""), asked.get("depuis", "")[:10]
    values |= {
        "form": form,
        "note_number": form_number(form),
        "notes": chosen(found, sort, since, urgent=asked.get("urgent") == "oui"),
        "all_notes": len(found),
        "types": list(TYPES.items()),
        "visibilities": list(VISIBILITIES.items()),
        "sort": sort if sort in TYPES else "",
        "since": since,
        "only_urgent": asked.get("urgent") == "oui",
        "longest": LONGEST,
    }
    return page(request, TEMPLATE, status=status, **values)


routes = [
    Route("/patients/{patient_id}/liaison", kept(NIGHT_HOURS)(show), methods=["GET"]),
    Route("/patients/{patient_id}/liaison", write, methods=["POST"]),
]
