"""The agenda of one patient: the week, what cannot both be, plan, move, end. B1.7."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.agenda.conflicts import conflicts_of
from cordee.care.agenda.desk import AgendaDesk
from cordee.care.agenda.interventions import SORTS, Planned
from cordee.care.circle.finding import human_name
from cordee.care.circle.team import is_circle, is_over, members_of
from cordee.care.record.ports import RecordRows
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken, VersionConflict
from cordee.web.agenda.views import view_conflicts, view_week, visit_rows, week_of
from cordee.web.circle.entrance import REFERENCE, patient_of, professional
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "agenda/templates/patient.html"
_DAYS: Final = tuple((f"jour-{i}", day) for i, day in enumerate(french.DAYS))
_REFUSED = (RuleBroken, AccessDenied)


def desk_of(request: Request) -> AgendaDesk:
    """Give the service of agendas; raises `NotFound` where there is none."""
    desk: AgendaDesk | None = request.app.state.ports.shared_agenda
    if desk is None:
        raise NotFound("there is no shared agenda here")
    return desk


async def show(request: Request) -> Response:
    """Give a week, also as CSV."""
    professional(request)
    if request.url.path.endswith(".csv"):
        return await _sheet(request)
    return await _page(request, Form())


async def plan(request: Request) -> Response:
    """Plan an intervention, or a series; what cannot be planned comes back as it was typed."""
    form = await read_form(request)
    principal, patient = professional(request).principal, patient_of(request)
    try:
        planned = _planned(form)
        await desk_of(request).plan(principal, patient, planned, form_number(form))
    except _REFUSED as error:
        form.errors.setdefault("quand", error.message)
        return await _page(request, form, status=422)
    day = planned.starts.astimezone(PARIS).date()
    return RedirectResponse(f"/patients/{patient}/agenda?semaine={day}", status_code=303)


async def lead(request: Request) -> Response:
    """Lead to an intervention in its week."""
    principal, patient = professional(request).principal, patient_of(request)
    found = await desk_of(request).one(principal, patient, request.path_params["number"])
    day = found.starts.astimezone(PARIS).date()
    place = f"/patients/{patient}/agenda?semaine={day}#i-{found.id}"
    return RedirectResponse(place, status_code=303)


async def act(request: Request) -> Response:
    """Say of an intervention that it was kept or missed, call it off, or move it."""
    form = await read_form(request)
    principal, patient = professional(request).principal, patient_of(request)
    number, desk = request.path_params["number"], desk_of(request)
    try:
        if form["geste"] == "deplacer":
            await desk.move(principal, patient, number, _moment(form["jour"], form["heure"]))
        else:
            rest = form["suite"] == "oui"
            end = desk.end(principal, patient, number, form["geste"], form["raison"], rest=rest)
            await end
    except VersionConflict:
        form.errors[f"i-{number}"] = _("Quelqu’un vient de changer cette intervention : relisez.")
        return await _page(request, form, status=409)
    except _REFUSED as error:
        form.errors[f"i-{number}"] = error.message
        return await _page(request, form, status=422)
    week = week_of(form["jour"] or request.query_params.get("semaine", ""), _today(request))
    place = f"/patients/{patient}/agenda?semaine={week.first}#i-{number}"
    return RedirectResponse(place, status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    rows, values = await values_around(request, "agenda")
    today = _today(request)
    span = week_of(request.query_params.get("semaine", ""), today)
    principal, patient = professional(request).principal, patient_of(request)
    found = await desk_of(request).of_patient(principal, patient, span)
    conflicts = conflicts_of(found)
    base = f"/patients/{patient}/agenda"
    values |= {
        "form": form,
        "key": form_number(form),
        "week": view_week(found, conflicts, span, today),
        "conflicts": view_conflicts(conflicts),
        "agenda_base": base,
        "export": f"{base}.csv?semaine={span.first}",
        "sorts": [(code, _(one.label)) for code, one in SORTS.items()],
        "around": _around(rows),
        "weekdays": _DAYS,
        "planned_day": form["jour"] or max(span.first, min(today, span.last)).isoformat(),
    }
    return page(request, TEMPLATE, status=status, **values)


async def _sheet(request: Request) -> Response:
    span = week_of(request.query_params.get("semaine", ""), _today(request))
    principal, patient = professional(request).principal, patient_of(request)
    found = await desk_of(request).of_patient(principal, patient, span)
    head = [
        _("Jour"),
        _("Heures"),
        _("Intervention"),
        _("Qui"),
        _("Précision"),
        _("État"),
        _("Motif"),
    ]
    return spreadsheet(f"agenda-{span.first}.csv", head, visit_rows(found))


def _around(rows: RecordRows) -> list[tuple[str, str]]:
    """Who can be said to come: the circle, then those close to the patient."""
    at = datetime.now(PARIS)
    found: dict[str, str] = {}
    for team in rows.care_team:
        if is_circle(team):
            for one in members_of(team):
                if not is_over(one, at):
                    found[one.reference] = one.display or rows.names.get(one.reference, "")
        elif team.get("resourceType") == "RelatedPerson":
            found[f"RelatedPerson/{team['id']}"] = human_name(team)
    return [(one, name) for one, name in found.items() if name and REFERENCE.fullmatch(one)]


def _planned(form: Form) -> Planned:
    actor = form["qui"]
    if actor and not REFERENCE.fullmatch(actor):
        raise RuleBroken(_("Choisissez qui passe dans la liste."))
    minutes = int(form["duree"]) if form["duree"].isascii() and form["duree"].isdecimal() else 0
    days = frozenset(i for i, (name, _day) in enumerate(_DAYS) if form[name])
    until: date | None = None
    if form["jusqu"]:
        until = _moment(form["jusqu"], "00:00").date()
    return Planned(
        form["sorte"], form["precision"][:200], actor, form["nom"][:100],
        _moment(form["jour"], form["heure"]), minutes, days, until,
    )  # fmt: skip


def _moment(day: str, hour: str) -> datetime:
    try:
        return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=PARIS)
    except ValueError as error:
        raise RuleBroken(_("Donnez le jour et l’heure, par exemple 24/11/2026 à 8:30.")) from error


def _today(request: Request) -> date:
    now: Any = request.app.state.settings.clock()
    return now.astimezone(PARIS).date()
