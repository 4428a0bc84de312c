"""A visit at home: the sheet that is taken along, what is written there, photos. Rule: B4.8."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.agenda.interventions import OTHER, Planned
from cordee.care.assessments.desk import Assessment
from cordee.care.liaison.notes import LONGEST, PROFESSIONALS
from cordee.care.visits.photos import PURPOSES, WHO, Consent, Photos
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import (
    AccessDenied,
    Conflict,
    InvalidRequest,
    NotFound,
    ResourceInvalid,
    RuleBroken,
    Unavailable,
)
from cordee.web.agenda.patient import desk_of as agenda_of
from cordee.web.assessments.entrance import assessments_of
from cordee.web.assessments.filling import ALL
from cordee.web.circle.entrance import patient_of
from cordee.web.documents.entrance import depositor
from cordee.web.documents.uploads import read_upload
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.offline.keeping import ROUND_HOURS, kept, written_at
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker, number_of
from cordee.web.stepping.levels import needs_level

TEMPLATE: Final = "visits/templates/visit.html"
_MINUTES: Final = 60
_LONGEST: Final = 200
_REFUSED: Final = (RuleBroken, Conflict, AccessDenied, Unavailable)


async def show(request: Request) -> Response:
    """Give what is taken along on a visit: the person, forms that wait, photos."""
    return await _page(request, Form())


async def prepare(request: Request) -> Response:
    """Put a visit in the shared agenda, and begin the assessment to be filled in there."""
    sent = await read_form(request)
    principal, patient = asker(request).principal, patient_of(request)
    desk, now = assessments_of(request), request.app.state.settings.clock()
    number = form_number(sent)
    try:
        planned = _planned(sent, principal.practitioner, now)
        await agenda_of(request).plan(principal, patient, planned, number)
        if sent["formulaire"] in desk.forms:
            form = str(uuid5(UUID(number), "assessment"))
            await desk.begin(principal, patient, sent["formulaire"], form, now)
    except (RuleBroken, Conflict) as error:
        sent.errors[next(iter(error.expression), "jour")] = error.message
        return await _page(request, sent, status=error.status)
    return RedirectResponse(f"/patients/{patient}/visite?prete=oui", status_code=303)


async def take(request: Request) -> Response:
    """Keep a photo with its consent; refused without, whatever the page let through."""
    try:
        upload = await read_upload(request)
    except InvalidRequest:
        form = Form({}, {"photo": _("La photo fait 8 Mo au plus.")})
        return await _page(request, form, status=422)
    account, patient = depositor(request), patient_of(request)
    needs_level(request)
    sent, now = upload.form, request.app.state.settings.clock()
    consent = None
    if sent["accord"] == "oui":
        consent = Consent(sent["qui-accepte"], sent["pour-quoi"], written_at(sent, now))
    try:
        await _photos(request).take(
            account.principal, patient, form_number(sent), consent, upload.content.data
        )
    except ResourceInvalid as error:
        sent.errors["photo"] = error.issues()[0].message
        return await _page(request, sent, status=422)
    except _REFUSED as error:
        sent.errors[next(iter(error.expression), "photo")] = error.message
        return await _page(request, sent, status=error.status)
    return RedirectResponse(f"/patients/{patient}/visite#photos", status_code=303)


async def withdraw(request: Request) -> Response:
    """Take a photo out of the record: consent was taken back."""
    sent = await read_form(request)
    account, patient = depositor(request), patient_of(request)
    needs_level(request)
    try:
        await _photos(request).withdraw(account.principal, patient, number_of(request))
    except _REFUSED as error:
        sent.errors["photos"] = error.message
        return await _page(request, sent, status=error.status)
    return RedirectResponse(f"/patients/{patient}/visite#photos", status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    account, patient = asker(request), patient_of(request)
    desk, principal = assessments_of(request), account.principal
    (_rows, values), found, photos = await asyncio.gather(
        values_around(request, "synthese"),
        desk.of_patient(principal, patient),
        _photos(request).of_patient(principal, patient),
    )
    values |= {
        "form": form,
        "keys": [form_number(Form()) for _each in range(3)],
        "open_forms": [_form_link(one, patient) for one in found if one.is_open],
        "forms_here": [(one.code, _(one.title)) for one in desk.forms.values()],
        "who": [("", _("Choisir")), *((code, _(text)) for code, text in WHO.items())],
        "purposes": [("", _("Choisir")), *((code, _(text)) for code, text in PURPOSES.items())],
        "photos": [
            {
                "href": f"/patients/{patient}/documents/{one.id}", "key": one.id,
                "purpose": _(PURPOSES.get(one.purpose, one.purpose)),
                "who": _(WHO.get(one.who, one.who)),
                "at": f"{french.short_date(one.at)} {french.clock(one.at)}", "author": one.author,
            }
            for one in photos
        ],
        "longest": LONGEST,
        "professionals": PROFESSIONALS,
        "is_ready": request.query_params.get("prete") == "oui",
    }  # fmt: skip
    told: dict[str, Any] = values
    return page(request, TEMPLATE, status=status, **told)


def _form_link(one: Assessment, patient: str) -> dict[str, Any]:
    base = f"/patients/{patient}/evaluations/{one.key}"
    parts = [(ALL, _(one.form.title))] if one.form.one_page else [
        (part.code, _(part.title)) for part in one.form.parts
    ]  # fmt: skip
    return {
        "title": _(one.form.title),
        "parts": [(f"{base}/{code}", title) for code, title in parts],
    }


def _planned(sent: Form, practitioner: str, now: datetime) -> Planned:
    try:
        starts = datetime.fromisoformat(f"{sent['jour']}T{sent['heure']}").replace(tzinfo=PARIS)
    except ValueError as error:
        raise RuleBroken(_("Donnez le jour et l’heure."), expression=("jour",)) from error
    if starts < now:
        raise RuleBroken(_("Ce moment est passé."), expression=("jour",))
    aim = sent["but"][:_LONGEST]
    words = _("Visite à domicile") + (f" : {aim}" if aim else "")
    return Planned(OTHER, words, practitioner, "", starts, _MINUTES)


def _photos(request: Request) -> Photos:
    desk: Photos | None = request.app.state.ports.photos
    if desk is None:
        raise NotFound("no photos are kept here")
    return desk


_PATH: Final = "/patients/{patient_id}/visite"
routes = [
    Route(_PATH, kept(ROUND_HOURS)(show), methods=["GET"]),
    Route(_PATH, prepare, methods=["POST"]),
    Route(f"{_PATH}/photos", take, methods=["POST"]),
    Route(f"{_PATH}/photos/{{number}}", withdraw, methods=["POST"]),
]
