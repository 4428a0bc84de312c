"""A collision: who read the wrong data, events given to their person, letters."""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import InvalidRequest, NotFound, RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.identity.entrance import cell, desk_of, number_of
from cordee.web.identity.words import moment, person_of
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE = "identity/templates/collision.html"
LETTERS = "identity/templates/letters.html"
TYPES = {
    "Observation": _("résultat ou mesure"),
    "Condition": _("problème de santé"),
    "Encounter": _("venue"),
    "DocumentReference": _("document"),
    "DiagnosticReport": _("compte rendu"),
    "MedicationRequest": _("prescription"),
    "MedicationStatement": _("traitement"),
    "AllergyIntolerance": _("allergie"),
    "Immunization": _("vaccination"),
    "Procedure": _("acte"),
    "CareTeam": _("équipe"),
    "CarePlan": _("plan de soins"),
    "Appointment": _("rendez-vous"),
    "RelatedPerson": _("proche"),
}


async def show(request: Request) -> Response:
    """Give a collision: events, readers, what is left to do."""
    cell(request)
    return await _page(request, Form())


async def act(request: Request) -> Response:
    """Give an event to the other person, or end the collision."""
    form = await read_form(request)
    number = number_of(request)
    try:
        await _do(request, form, number)
    except NotFound:
        form.errors["vers"] = _("Aucun dossier ne porte ce numéro.")
        return await _page(request, form, status=422)
    except (InvalidRequest, RuleBroken) as error:
        form.errors["vers" if form["geste"] == "separer" else "raison"] = error.message
        return await _page(request, form, status=422)
    return RedirectResponse(f"/identites/collisions/{number}", status_code=303)


async def _do(request: Request, form: Form, number: int) -> None:
    principal, colliding = cell(request).principal, desk_of(request).colliding
    if form["geste"] == "separer":
        await colliding.split(principal, number, form["evenement"], form["vers"].strip())
    elif form["geste"] == "clore":
        await colliding.close(principal, number, form["raison"])
    else:
        raise InvalidRequest(_("Ce geste n’est pas connu."))


async def readers(request: Request) -> Response:
    """Give who read the data of two people, as CSV: those whom the cell has to tell."""
    account, desk, number = cell(request), desk_of(request), number_of(request)
    seen = await desk.colliding.shown(account.principal, number)
    names = await request.app.state.ports.accounts.known([one.agent for one in seen.readers])
    head = (_("qui"), _("structure"), _("fois"), _("première fois"), _("dernière fois"))
    rows = [
        (
            names[one.agent].name if one.agent in names else one.agent,
            names[one.agent].structure if one.agent in names else "",
            one.times, one.first.astimezone(PARIS).isoformat(timespec="minutes"),
            one.last.astimezone(PARIS).isoformat(timespec="minutes"),
        )
        for one in seen.readers
    ]  # fmt: skip
    return spreadsheet(f"lecteurs-{number}.csv", head, rows)


async def letters(request: Request) -> Response:
    """Give the letters to the people concerned, to print."""
    account, desk, number = cell(request), desk_of(request), number_of(request)
    seen = await desk.colliding.shown(account.principal, number)
    files = await desk.colliding.concerned(account.principal, number)
    today = request.app.state.settings.clock().date()
    people = [person_of(one, today) for one in files]
    return page(
        request, LETTERS, people=people, number=number, readers=len(seen.readers),
        since=french.long_date(seen.since.date()), today=french.long_date(today),
    )  # fmt: skip


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    account, desk = cell(request), desk_of(request)
    seen = await desk.colliding.shown(account.principal, number_of(request))
    files = await desk.worklist.files(account.principal, [seen.patient])
    today = request.app.state.settings.clock().date()
    names = await request.app.state.ports.accounts.known([one.agent for one in seen.readers])
    values = {
        "form": form,
        "seen": seen,
        "person": person_of(files[seen.patient], today) if seen.patient in files else None,
        "since": moment(seen.since),
        "at": moment(seen.at),
        "ended": moment(seen.ended),
        "events": [
            (one.resource, TYPES.get(one.type, one.type), one.label, _day(one.at))
            for one in seen.events
        ],
        "splits": list(seen.splits.items()),
        "targets": list(dict.fromkeys(seen.splits.values())),
        "readers": [
            {
                "name": names[one.agent].name if one.agent in names else one.agent,
                "about": names[one.agent].structure if one.agent in names else "",
                "times": one.times, "first": moment(one.first), "last": moment(one.last),
            }
            for one in seen.readers
        ],
    }  # fmt: skip
    return page(request, TEMPLATE, status=status, **values)


def _day(at: datetime) -> str:
    return french.short_date(at.astimezone(PARIS).date())


routes = [
    Route("/identites/collisions/{number}", show, methods=["GET"]),
    Route("/identites/collisions/{number}", act, methods=["POST"]),
    Route("/identites/collisions/{number}/lecteurs.csv", readers, methods=["GET"]),
    Route("/identites/collisions/{number}/lettres", letters, methods=["GET"]),
]
