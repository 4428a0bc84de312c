"""The calendar of trainings: sessions, seats, iCalendar. Rule: B6.8."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.attractivity.trainings import Told, Training, Trainings, calendar_of
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, ResourceInvalid
from cordee.web.crisis.entrance import count
from cordee.web.forms import Form, form_number, put_errors, read_form
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker, number_of
from cordee.web.sheets import spreadsheet

LIST: Final = "attractivity/templates/trainings.html"
ONE: Final = "attractivity/templates/training.html"
PATH: Final = "/formations"
_FIELDS: Final = {
    "title": "titre", "words": "texte", "place": "lieu", "starts": "jour", "ends": "fin",
    "seats": "places",
}  # fmt: skip


async def show(request: Request) -> Response:
    """Give the sessions; also as CSV and iCalendar."""
    path = request.url.path
    if path.endswith((".csv", ".ics")):
        now = request.app.state.settings.clock()
        _places, found = await _desk(request).all(asker(request).principal, now)
        return _sheet(found) if path.endswith(".csv") else _calendar(request, found)
    return await _list(request, Form())


async def post(request: Request) -> Response:
    """Post a session; what was typed stays when it is refused."""
    sent = await read_form(request)
    principal, now = asker(request).principal, request.app.state.settings.clock()
    told = Told(
        sent["titre"], sent["texte"], sent["lieu"], _moment(sent["jour"], sent["heure"]),
        _moment(sent["jour"], sent["fin"]), count(sent["places"]) or 0,
    )  # fmt: skip
    try:
        number = form_number(sent)
        key = await _desk(request).post(principal, sent["cpts"], told, number, now)
    except (ResourceInvalid, Conflict, AccessDenied) as error:
        status = put_errors(sent, error, _FIELDS, "titre")
        return await _list(request, sent, status=status)
    return RedirectResponse(f"{PATH}/{key}", status_code=303)


async def show_one(request: Request) -> Response:
    """Give a session, and who comes to who leads it; `.ics` gives it alone."""
    return await _page(request, Form())


async def one_calendar(request: Request) -> Response:
    """Give one session as iCalendar."""
    found, _names = await _desk(request).one(asker(request).principal, number_of(request))
    return _calendar(request, [found])


async def act(request: Request) -> Response:
    """Take a seat, give it back, or call a session off."""
    sent = await read_form(request)
    principal, desk, number = asker(request).principal, _desk(request), number_of(request)
    now = request.app.state.settings.clock()
    found, _names = await desk.one(principal, number)
    try:
        if sent["geste"] == "inscrire":
            await desk.register(principal, number, now)
        elif sent["geste"] == "desinscrire":
            await desk.leave(principal, number, now)
        else:
            await desk.cancel(found, now)
    except (Conflict, AccessDenied) as error:
        sent.errors["inscription"] = error.message
        return await _page(request, sent, status=error.status)
    return RedirectResponse(f"{PATH}/{found.id}", status_code=303)


async def _list(request: Request, form: Form, *, status: int = 200) -> Response:
    now = request.app.state.settings.clock()
    places, found = await _desk(request).all(asker(request).principal, now)
    return page(
        request, LIST, status=status, form=form, key=form["numero"] or str(uuid4()),
        places=[(one.structure, one.name) for one in places],
        coming=[_row(one) for one in found if one.ends >= now],
        over=[_row(one) for one in found if one.ends < now],
    )  # fmt: skip


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    found, names = await _desk(request).one(asker(request).principal, number_of(request))
    now = request.app.state.settings.clock()
    return page(
        request, ONE, status=status, form=form, training=found, row=_row(found),
        is_open=found.cancelled is None and found.starts > now,
        names=[(name, french.short_date(at)) for name, at in names],
    )  # fmt: skip


def _row(one: Training) -> dict[str, object]:
    day = french.short_date(one.starts.astimezone(PARIS).date())
    return {
        "href": f"{PATH}/{one.id}",
        "title": one.title,
        "cpts": one.cpts_name,
        "place": one.place,
        "when": f"{day}, {french.clock(one.starts)}–{french.clock(one.ends)}",
        "left": one.seats - one.taken,
        "seats": one.seats,
        "is_mine": one.is_mine,
        "is_cancelled": one.cancelled is not None,
    }


def _sheet(found: list[Training]) -> Response:
    head = [
        _("CPTS"), _("Formation"), _("Début"), _("Fin"), _("Lieu"), _("Places"), _("Inscrits"),
        _("État"),
    ]  # fmt: skip
    rows = [
        [
            one.cpts_name, one.title, one.starts.astimezone(PARIS).isoformat(),
            one.ends.astimezone(PARIS).isoformat(), one.place, one.seats, one.taken,
            _("annulée") if one.cancelled else "",
        ]
        for one in found
    ]  # fmt: skip
    return spreadsheet("formations.csv", head, rows)


def _calendar(request: Request, found: list[Training]) -> Response:
    base = f"{request.url.scheme}://{request.url.netloc}"
    body = calendar_of(found, base, request.app.state.settings.clock())
    headers = {"content-disposition": 'attachment; filename="formations.ics"'}
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


def _moment(day: str, hour: str) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=PARIS)
    except ValueError:
        return None


def _desk(request: Request) -> Trainings:
    desk: Trainings | None = request.app.state.ports.trainings
    if desk is None:
        raise NotFound("there are no trainings here")
    return desk


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}.csv", show, methods=["GET"]),
    Route(f"{PATH}.ics", show, methods=["GET"]),
    Route(PATH, post, methods=["POST"]),
    Route(f"{PATH}/{{number}}/seance.ics", one_calendar, methods=["GET"]),
    Route(f"{PATH}/{{number}}", show_one, methods=["GET"]),
    Route(f"{PATH}/{{number}}", act, methods=["POST"]),
]
