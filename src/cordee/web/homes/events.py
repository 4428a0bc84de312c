"""The events of a resident, and those of a home in ninety days. Rule: B7.1."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date, datetime
from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.homes.events import DAYS, KINDS, Events, Happened, read_event
from cordee.care.record.traits import read_traits
from cordee.care.store import Resource
from cordee.care.workflow.tasks import party
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, ResourceInvalid
from cordee.web.forms import Form, form_number, put_errors, read_form
from cordee.web.language import gettext as _
from cordee.web.passages.sending import caregiver
from cordee.web.persons import describe
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet
from cordee.web.workflow.telling import written_words

ONE: Final = "homes/templates/events.html"
HOME: Final = "homes/templates/home_events.html"
_FIELDS: Final = {"kind": "sorte", "at": "quand", "words": "recit"}


async def of_patient(request: Request) -> Response:
    """Give the events of a resident, and the form of a new one."""
    now = request.app.state.settings.clock().astimezone(PARIS)
    return await _page(request, Form({"numero": str(uuid4()), "quand": f"{now:%Y-%m-%dT%H:%M}"}))


async def note(request: Request) -> Response:
    """Note an event, then show it among the others; nothing typed is lost."""
    sent = await read_form(request)
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    try:
        at = datetime.fromisoformat(sent["quand"]).replace(tzinfo=PARIS)
    except ValueError:
        at = None
    happened = Happened(sent["sorte"], at, sent["recit"])
    now = request.app.state.settings.clock()
    try:
        await _desk(request).note(principal, patient, form_number(sent), happened, now)
    except (ResourceInvalid, Conflict, AccessDenied) as error:
        status = put_errors(sent, error, _FIELDS, "recit")
        return await _page(request, sent, status=status)
    return RedirectResponse(request.url.path, status_code=303)


async def of_home(request: Request) -> Response:
    """Give what happened to the residents of a home in ninety days; also as CSV."""
    account, now = caregiver(request), request.app.state.settings.clock()
    found = await _desk(request).of_home(account.principal, now)
    people = {f"Patient/{one['id']}": one for one in found if one["resourceType"] == "Patient"}
    events = [
        one
        for one in found
        if one["resourceType"] == "Encounter" and party(one, "subject") in people
    ]
    rows = [_row(one, people[party(one, "subject")], now) for one in events]
    if request.url.path.endswith(".csv"):
        head = [_("Nom de naissance"), _("Prénom"), _("Né(e) le"), _("Évènement"), _("Quand")]
        table = [
            [r["person"].birth_name, r["person"].first_name, r["person"].born, r["kind"], r["at"]]
            for r in rows
        ]
        return spreadsheet("evenements-residents.csv", head, table)
    counts = Counter(str(one["kind"]) for one in rows)
    return page(
        request, HOME, rows=rows, counts=counts.most_common(), place=account.structure, days=DAYS
    )


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    (rows, values), found = await asyncio.gather(
        values_around(request, "parcours"), _desk(request).of_patient(principal, patient)
    )
    now = request.app.state.settings.clock()
    values |= {
        "form": form,
        "found": [_row(one, rows.patient, now) for one in found],
        "kinds": [(code, _(text)) for code, text in KINDS.items()],
        "can_note": party(rows.patient, "managingOrganization") == principal.structure,
    }
    return page(request, ONE, status=status, **values)


def _row(one: Resource, patient: Resource, now: datetime) -> dict[str, Any]:
    kind, at, words = read_event(one)
    today: date = now.date()
    return {
        "kind": _(KINDS.get(kind, kind)),
        "at": written_words(at, now),
        "words": words,
        "person": describe(read_traits(patient), today),
    }


def _desk(request: Request) -> Events:
    desk: Events | None = request.app.state.ports.resident_events
    if desk is None:
        raise NotFound("nothing is noted here")
    return desk


routes = [
    Route("/residents/evenements", of_home, methods=["GET"]),
    Route("/residents/evenements.csv", of_home, methods=["GET"]),
    Route("/patients/{patient_id}/faits", of_patient, methods=["GET"]),
    Route("/patients/{patient_id}/faits", note, methods=["POST"]),
]
