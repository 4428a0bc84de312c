"""Open a record, browse its sections, follow its changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.access.consulting import own_record
from cordee.care.circle.territory import county_of
from cordee.care.record.ports import RecordRows
from cordee.care.record.ties import read_ties
from cordee.runtime.errors import AccessDenied
from cordee.web.charts import pressure_rules
from cordee.web.circle.showing import circle_values
from cordee.web.documents.listing import document_values
from cordee.web.events import change_stream
from cordee.web.glass.banners import exceptional
from cordee.web.glass.refusals import refusal
from cordee.web.guarding import reader, signed_in
from cordee.web.identity.words import alerts
from cordee.web.language import gettext as _
from cordee.web.plans.tile import plan_values
from cordee.web.record.bounds import BOUNDED, bounds
from cordee.web.record.filters import chosen_events, filter_values, kept_filters, look_back
from cordee.web.record.result_views import all_results, last_results, vital_signs
from cordee.web.record.tie_views import tie_row
from cordee.web.record.view_models import EventRow, RecordView, view_record
from cordee.web.rendering import page, wants_fragment

TEMPLATE = "record/templates/record.html"
OWN_CIRCLE = "record/templates/own_circle.html"
PAGE_SIZE = 30
SUMMARY_EVENTS = 10
SUMMARY_PAST = 3
SECTIONS = {
    "synthese": ("", _("Synthèse")),
    "problemes": ("/problemes", _("Problèmes")),
    "traitements": ("/traitements", _("Traitements")),
    "resultats": ("/resultats", _("Résultats")),
    "parcours": ("/parcours", _("Parcours")),
    "documents": ("/documents", _("Documents")),
    "cercle": ("/cercle", _("Cercle de soins")),
    "agenda": ("/agenda", _("Agenda")),
    "messages": ("/messages", _("Messages")),
    "liaison": ("/liaison", _("Cahier de liaison")),
    "sorties": ("/sorties", _("Sortie d’hospitalisation")),
    "plans": ("/plans", _("Plans")),
    "soins": ("/soins", _("Plan de soins")),
}


async def summary(request: Request) -> Response:
    """Tell what matters of a record on one page."""
    return await _section(request, "synthese")


async def problems(request: Request) -> Response:
    """Show every problem, current and past."""
    return await _section(request, "problemes")


async def results(request: Request) -> Response:
    """Every result, by group."""
    return await _section(request, "resultats")


async def timeline(request: Request) -> Response:
    """Everything that happened, by pages."""
    return await _section(request, "parcours")


async def documents(request: Request) -> Response:
    """Give the documents and reports."""
    return await _section(request, "documents")


async def treatments(request: Request) -> Response:
    """Give the treatments, current and stopped."""
    return await _section(request, "traitements")


async def circle(request: Request) -> Response:
    """Tell who is around the patient, why, since when and until when."""
    return await _section(request, "cercle")


async def own_circle(request: Request) -> Response:
    """Tell the signed-in patient who is around them."""
    principal = signed_in(request).principal
    patient_id = own_record(principal)
    rows = await request.app.state.ports.records.open_record(principal, patient_id, reason="open")
    if rows is None:
        raise HTTPException(404)
    return page(request, OWN_CIRCLE, ties=[tie_row(one) for one in read_ties(rows)])


async def changes(request: Request) -> Response:
    """Give the stream that tells an open page that the record has changed."""
    principal = reader(request).principal
    patient_id = request.path_params["patient_id"]
    records = request.app.state.ports.records
    known = request.headers.get("last-event-id") or request.query_params.get("depuis", "")
    desk = request.app.state.ports.notifications
    counts = desk.inbox.counts(principal.user) if desk is not None else None
    return change_stream(records.changes(principal, patient_id), known, counts)


async def _section(request: Request, section: str) -> Response:
    principal = reader(request).principal
    if bounds(principal) and section not in BOUNDED:
        raise AccessDenied("this part of the record is closed to the social field")
    is_update = wants_fragment(request)
    if section == "parcours":
        await look_back(request)  # before this visit leaves its own line
    rows: RecordRows | None = await request.app.state.ports.records.open_record(
        principal, request.path_params["patient_id"], reason="refresh" if is_update else "open"
    )
    if rows is None:
        rows = await _opened_now(request, principal)
    if rows is None:
        return await refusal(request, request.path_params["patient_id"])
    now = request.app.state.settings.clock()
    request.state.home = county_of(rows.patient)
    view = view_record(rows, now.date())
    values = _values(request, section, view)
    values["alerts"] = (*alerts(dict(rows.patient)), *bounds(principal))
    values["exceptional"] = await exceptional(request, request.path_params["patient_id"])
    values |= await document_values(request, rows, view, section)
    values |= await circle_values(request, rows, section)
    values |= plan_values(rows, section)
    return page(request, TEMPLATE, **values)


async def values_around(
    request: Request, section: str, reason: str = "open"
) -> tuple[RecordRows, dict[str, Any]]:
    """Give a record, and what a page of one thing of it shows around; raises a 404."""
    principal = reader(request).principal
    patient = request.path_params["patient_id"]
    reason = "refresh" if wants_fragment(request) else reason
    rows = await request.app.state.ports.records.open_record(principal, patient, reason=reason)
    if rows is None:
        raise HTTPException(404)
    view = view_record(rows, request.app.state.settings.clock().date())
    values = _values(request, section, view)
    values["alerts"] = (*alerts(dict(rows.patient)), *bounds(principal))
    values["exceptional"] = await exceptional(request, patient)
    return rows, values


async def _opened_now(request: Request, principal: Any) -> RecordRows | None:
    """Give the rows of a record that was opened for a while within the last second."""
    patient = request.path_params["patient_id"]
    if await exceptional(request, patient) is None:
        return None
    request.app.state.ports.trust.guard.forget(principal.user)
    return await request.app.state.ports.records.open_record(principal, patient, reason="open")


def _values(request: Request, section: str, view: RecordView) -> dict[str, Any]:
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    is_bounded = bool(bounds(reader(request).principal))
    values: dict[str, Any] = {
        "view": view,
        "section": section,
        "section_title": SECTIONS[section][1],
        "here": here,
        "rail": [one for one in _rail(section, view) if not is_bounded or one["name"] in BOUNDED],
        "print_line": "" if is_bounded else _print_line(view),
        "is_bounded": is_bounded,
        "rules": pressure_rules(),
    }
    if section == "synthese":
        values |= _summary_values(view, request.app.state.settings.clock().date())
    elif section == "resultats":
        values["everything"] = all_results(
            view.series.items, request.app.state.settings.clock().date()
        )
    elif section == "cercle":
        values["ties"] = view.ties.items
    elif section == "parcours":
        values |= _timeline_values(request, view, chosen_events(request, view.events.items))
    return values


def _summary_values(view: RecordView, today: date) -> dict[str, Any]:
    active = sum(not row.is_over for row in view.problems.items)
    drugs = len(view.current_treatments)
    return {
        "laboratory": last_results(view.series.items, today),
        "vitals": vital_signs(view.series.items, today),
        "events": view.events.items[:SUMMARY_EVENTS],
        "problems": view.problems.items[: active + SUMMARY_PAST],
        "problem_note": _("%s en cours") % active if active else "",
        "treatment_note": _("%s en cours") % drugs if drugs else "",
    }


def _timeline_values(
    request: Request, view: RecordView, chosen: Sequence[EventRow]
) -> dict[str, Any]:
    asked = request.query_params.get("page", "1")
    pages = max(1, -(-len(chosen) // PAGE_SIZE))
    number = min(max(int(asked), 1), pages) if asked.isdecimal() else 1
    first = (number - 1) * PAGE_SIZE
    base = f"{request.url.path}?{kept_filters(request)}page="
    return filter_values(request, view.events.items) | {
        "events": chosen[first : first + PAGE_SIZE],
        "chosen_count": len(chosen),
        "first": first + 1,
        "last": min(first + PAGE_SIZE, len(chosen)),
        "older": f"{base}{number + 1}" if number < pages else "",
        "newer": f"{base}{number - 1}" if number > 1 else "",
    }


def _rail(section: str, view: RecordView) -> list[dict[str, Any]]:
    counts = {
        "problemes": sum(not row.is_over for row in view.problems.items),
        "parcours": view.events.count,
        "resultats": len(view.series.items),
        "traitements": len(view.current_treatments),
        "documents": view.documents.count,
        "cercle": view.ties.count,
    }
    return [
        {
            "href": f"/patients/{view.person.patient_id}{path}",
            "text": title,
            "name": name,
            "current": name == section,
            "count": counts.get(name),
            "level": "",
        }
        for name, (path, title) in SECTIONS.items()
    ]


def _print_line(view: RecordView) -> str:
    person = view.person
    parts = (
        f"{person.title}, {person.born_label.lower()} {person.born}",
        person.sex,
        f"INS {person.matricule}" if person.matricule else "",
        person.status_word.lower(),
        view.allergies.title,
    )
    return ", ".join(part for part in parts if part)


routes = [
    Route("/patients/{patient_id}", summary, name="record"),
    Route("/patients/{patient_id}/problemes", problems),
    Route("/patients/{patient_id}/resultats", results),
    Route("/patients/{patient_id}/parcours", timeline),
    Route("/patients/{patient_id}/documents", documents),
    Route("/patients/{patient_id}/traitements", treatments),
    Route("/patients/{patient_id}/cercle", circle),
    Route("/mon-cercle", own_circle),
    Route("/patients/{patient_id}/evenements", changes),
]
