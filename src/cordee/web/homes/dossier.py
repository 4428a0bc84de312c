"""The file of a resident on one page: stay, project, transmissions, acts, events, forms. B7.1."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.care.homes.events import KINDS as EVENTS
from cordee.care.homes.events import read_event
from cordee.care.homes.files import SHOWN, ResidentFile, stays_and_events
from cordee.care.homes.living import resides
from cordee.care.homes.project import Project
from cordee.care.homes.projects import MACHINE, is_running
from cordee.care.plans.acts import MOMENTS
from cordee.care.store import Resource
from cordee.care.workflow.machines import machines
from cordee.runtime import french
from cordee.web.homes.desks import home_desk
from cordee.web.homes.stays import stay_words
from cordee.web.homes.transmissions import told_words
from cordee.web.language import gettext as _
from cordee.web.passages.sending import caregiver
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.workflow.telling import written_words

TEMPLATE: Final = "homes/templates/dossier.html"


async def show(request: Request) -> Response:
    """Give what a home holds of a resident, each part with the way to its own page."""
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    (rows, values), file = await asyncio.gather(
        values_around(request, "synthese"), home_desk(request).files.of(principal, patient)
    )
    now = request.app.state.settings.clock()
    stays, events = stays_and_events(rows)
    mine = [one for one in stays if one.home == principal.structure]
    newest = next(iter(mine), None)
    forms = getattr(request.app.state.ports.assessments, "forms", {})
    values |= {
        "stay": stay_words(newest) if newest else None,
        "is_resident": resides(rows.patient, newest, principal.structure),
        "is_running": newest is not None and newest.is_open,
        "happened": [_event(one, now) for one in events[:SHOWN]],
        "treatments": values["view"].current_treatments[:20],
        **_file_values(file, forms, now),
    }
    return page(request, TEMPLATE, **values)


def _file_values(file: ResidentFile, forms: Any, now: datetime) -> dict[str, Any]:
    running = next((one for one in file.projects if is_running(one)), None)
    told = [one for one in file.transmissions if not one.is_open]
    return {
        "project": _project(running, now) if running else None,
        "open": [told_words(one, now) for one in file.transmissions if one.is_open],
        "told": [told_words(one, now) for one in told[:SHOWN]],
        "acts": [
            (one.text, ", ".join(_(MOMENTS[each]).lower() for each in one.moments))
            for one in file.acts
        ],
        "evaluations": [_evaluation(one, forms) for one in file.evaluations],
    }


def _project(one: Project, now: datetime) -> dict[str, Any]:
    states = machines()[MACHINE].states
    day = now.date().isoformat()
    late = one.state == "review" or (one.state == "active" and "" < one.review < day)
    return {
        "state": _(states[one.state].label) if one.state in states else "",
        "review": french.short_date(one.review),
        "level": "critical" if late else "",
        "words": one.wishes.words,
        "aims": [each.text for each in one.aims if each.outcome == "in-progress"],
    }


def _event(one: Resource, now: datetime) -> dict[str, str]:
    kind, at, words = read_event(one)
    return {"kind": _(EVENTS.get(kind, kind)), "at": written_words(at, now), "words": words}


def _evaluation(one: Resource, forms: Any) -> dict[str, str]:
    canonical = str(one.get("questionnaire", ""))
    named = (form.title for form in forms.values() if form.canonical == canonical)
    title = next(named, "") or canonical.partition("|")[0].rpartition("/")[2]
    return {
        "key": str(one["id"]),
        "title": title,
        "day": french.short_date(str(one.get("authored", ""))[:10]),
        "state": _("en cours") if one.get("status") == "in-progress" else "",
    }


routes = [Route("/patients/{patient_id}/dui", show, methods=["GET"])]
