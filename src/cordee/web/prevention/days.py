"""One day of vaccination: its list for who vaccinates; a place booked for a patient. Rule: B6.6."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.prevention.days import Booking, Day
from cordee.care.record.traits import read_traits
from cordee.care.slots.publishing import BUSY, FREE, Slot
from cordee.runtime import french
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken
from cordee.web.circle.entrance import patient_of
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.persons import describe
from cordee.web.prevention.entrance import DAYS, days_of
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker, number_of
from cordee.web.sheets import spreadsheet
from cordee.web.slots.views import state_words

DAY: Final = "prevention/templates/day.html"
BOOKING: Final = "prevention/templates/booking.html"
PATIENT: Final = "/patients/{patient_id}/vaccination"
_REFUSED: Final = (RuleBroken, Conflict, AccessDenied)


async def show_day(request: Request) -> Response:
    """Give a day: its places, and who comes as far as the reader may see them."""
    return await _day_page(request, Form())


async def export_day(request: Request) -> Response:
    """Give the same list as CSV."""
    _day, rows = await _rows(request)
    head = [_("Heure"), _("Vaccinateur"), _("État"), _("Nom"), _("Né(e) le")]
    lines: list[list[str]] = []
    for one in rows:
        person = one["person"]
        name = f"{person.birth_name} {person.first_name}" if person else ""
        lines.append(
            [one["hour"], one["member"], one["state"], name, person.born if person else ""]
        )
    return spreadsheet("journee-de-vaccination.csv", head, lines)


async def act(request: Request) -> Response:
    """Say that somebody came, did not, or that a place is called off."""
    sent = await read_form(request)
    principal, desk = asker(request).principal, days_of(request)
    day = await desk.one(principal, number_of(request))
    try:
        await desk.end(principal, day, sent["reservation"], sent["geste"], sent["raison"])
    except _REFUSED as error:
        sent.errors[f"c-{sent['reservation']}"] = error.message
        return await _day_page(request, sent, status=error.status)
    return RedirectResponse(f"{DAYS}/{day.id}", status_code=303)


async def of_patient(request: Request) -> Response:
    """Give the days and hours at which a patient can be booked."""
    return await _booking(request, Form({"numero": str(uuid4())}))


async def book(request: Request) -> Response:
    """Book a place; who comes too late is told, and shown what is left."""
    sent = await read_form(request)
    principal, patient, desk = asker(request).principal, patient_of(request), days_of(request)
    number, _bar, moment = sent["place"].partition("|")
    try:
        try:
            at = datetime.fromisoformat(moment)
            day = await desk.one(principal, number)
        except (ValueError, NotFound) as error:
            raise RuleBroken(_("Choisissez une heure.")) from error
        await desk.book(principal, patient, day, at, form_number(sent))
    except _REFUSED as error:
        sent.errors["places"] = error.message
        return await _booking(request, sent, status=error.status)
    return RedirectResponse(f"/patients/{patient}/agenda", status_code=303)


async def _day_page(request: Request, form: Form, *, status: int = 200) -> Response:
    day, rows = await _rows(request)
    return page(
        request, DAY, status=status, form=form, day=day, rows=rows, capacity=day.capacity,
        title=f"{french.short_date(day.starts)} {french.clock(day.starts)}",
        taken=sum(one["is_taken"] for one in rows),
        hides=any(one["is_taken"] and one["person"] is None for one in rows),
    )  # fmt: skip


async def _rows(request: Request) -> tuple[Day, list[dict[str, Any]]]:
    principal, desk = asker(request).principal, days_of(request)
    day = await desk.one(principal, number_of(request))
    now = request.app.state.settings.clock()
    places = await desk.places(principal, [day])
    bookings = await desk.bookings(principal, places)
    return day, [_row(one, bookings.get(one.id), now) for one in places]


def _row(one: Slot, booking: Booking | None, now: datetime) -> dict[str, Any]:
    return {
        "hour": french.clock(one.starts),
        "member": one.name,
        "state": state_words(one),
        "is_taken": one.status == BUSY,
        "outcome": one.outcome,
        "booking": booking.id if booking else "",
        "person": describe(read_traits(booking.patient), now.date()) if booking else None,
        "has_begun": one.starts <= now,
    }


async def _booking(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, desk = asker(request).principal, days_of(request)
    now = request.app.state.settings.clock()
    _rows_around, values = await values_around(request, "agenda")
    days = await desk.to_come(principal, now)
    places = await desk.places(principal, days, free_after=now)
    hours = [(one, _hours(one, places, now)) for one in days]
    values |= {
        "form": form,
        "days": [
            {
                "title": one.title, "place": one.place,
                "day": french.weekday(one.starts.astimezone(french.PARIS).date()), "hours": free,
            }
            for one, free in hours
            if free
        ],
    }  # fmt: skip
    return page(request, BOOKING, status=status, **values)


def _hours(day: Day, places: Sequence[Slot], now: datetime) -> list[tuple[str, str, int]]:
    """The hours of a day with places left: value, words, how many."""
    left: dict[datetime, int] = {}
    for one in places:
        if one.status == FREE and one.starts > now and day.holds(one):
            left[one.starts] = left.get(one.starts, 0) + 1
    return [
        (f"{day.id}|{at.isoformat()}", french.clock(at), count)
        for at, count in sorted(left.items())
    ]
