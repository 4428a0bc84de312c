"""The assessments of a person: the list, one with its scores, and the addresses of its parts."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.assessments.desk import Assessment, age_on, birth_of
from cordee.care.record.ports import RecordRows
from cordee.runtime.errors import Conflict, NotFound, RuleBroken, VersionConflict
from cordee.web.assessments.entrance import assessments_of, assessor, opened
from cordee.web.assessments.filling import ALL, save, show
from cordee.web.assessments.words import part_views, view_assessment
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.offline.keeping import ROUND_HOURS, kept
from cordee.web.record.routes import values_around
from cordee.web.rendering import page

LIST: Final = "assessments/templates/patient.html"
TEMPLATE: Final = "assessments/templates/assessment.html"


async def of_patient(request: Request) -> Response:
    """Give the assessments of a person, and the forms that can be begun."""
    account, desk = assessor(request), assessments_of(request)
    patient, now = request.path_params["patient_id"], request.app.state.settings.clock()
    (rows, values), found = await asyncio.gather(
        values_around(request, "parcours"), desk.of_patient(account.principal, patient)
    )
    age = age_on(birth_of(rows.patient), now.date())
    values["assessments"] = [view_assessment(one, age, now) for one in found]
    values["forms_here"] = [(one.code, _(one.title), _(one.purpose)) for one in desk.forms.values()]
    values["number"] = str(uuid4())
    return page(request, LIST, **values)


async def begin(request: Request) -> Response:
    """Begin an assessment, then show its first questions."""
    sent = await read_form(request)
    account, desk = assessor(request), assessments_of(request)
    patient, now = request.path_params["patient_id"], request.app.state.settings.clock()
    number = form_number(sent)
    key = await desk.begin(account.principal, patient, sent["formulaire"], number, now)
    form = desk.forms[sent["formulaire"]]
    first = ALL if form.one_page else form.parts[0].code
    return RedirectResponse(f"/patients/{patient}/evaluations/{key}/{first}", status_code=303)


async def one(request: Request) -> Response:
    """Give an assessment: its scores, its answers, what is missing."""
    rows, values, found = await opened(request)
    return _page(request, values, (rows, found), Form())


async def end(request: Request) -> Response:
    """Finish an assessment, or give it up."""
    sent = await read_form(request)
    rows, values, found = await opened(request)
    account, desk = assessor(request), assessments_of(request)
    now = request.app.state.settings.clock()
    try:
        if sent["geste"] == "terminer":
            await desk.finish(account.principal, found, now, birth_of(rows.patient))
        elif sent["geste"] == "abandonner":
            await desk.stop(account.principal, found, now)
        else:
            raise NotFound("there is no such act")
    except VersionConflict:
        sent.errors["geste"] = _("Quelqu’un vient d’y écrire : relisez, puis recommencez.")
        return _page(request, values, (rows, found), sent, status=409)
    except (RuleBroken, Conflict) as error:
        sent.errors["geste"] = error.message
        return _page(request, values, (rows, found), sent, status=error.status)
    return RedirectResponse(request.url.path, status_code=303)


def _page(
    request: Request,
    values: dict[str, Any],
    about: tuple[RecordRows, Assessment],
    form: Form,
    *,
    status: int = 200,
) -> Response:
    rows, found = about
    now = request.app.state.settings.clock()
    age = age_on(birth_of(rows.patient), now.date())
    form_of, proposal = found.form, found.form.proposes
    results = {one.code: one for one in found.scores(age)}
    reached = results.get(proposal.score) if proposal else None
    proposes = bool(proposal and reached and (reached.value or 0) >= proposal.from_)
    values |= {
        "form": form,
        "found": view_assessment(found, age, now),
        "parts": part_views(found),
        "purpose": _(form_of.purpose),
        "whole": f"{found.key}/{ALL}" if form_of.one_page else "",
        "proposed": proposal.machine if proposal and proposes else "",
    }
    return page(request, TEMPLATE, status=status, **values)


_PATIENT = "/patients/{patient_id}/evaluations"
routes = [
    Route(_PATIENT, of_patient, methods=["GET"]),
    Route(_PATIENT, begin, methods=["POST"]),
    Route(f"{_PATIENT}/{{number}}", one, methods=["GET"]),
    Route(f"{_PATIENT}/{{number}}", end, methods=["POST"]),
    Route(f"{_PATIENT}/{{number}}/{{part}}", kept(ROUND_HOURS)(show), methods=["GET"]),
    Route(f"{_PATIENT}/{{number}}/{{part}}", save, methods=["POST"]),
]
