"""Unscheduled care: the slots of a CPTS, for its members and the SAS alone. Requirement B6.2."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.slots.desk import AHEAD, Slots
from cordee.care.slots.publishing import Community, Offer
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken
from cordee.web.circle.entrance import patient_of
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker, number_of
from cordee.web.sheets import spreadsheet
from cordee.web.slots.views import rate_words, slot_rows, view_days

TEMPLATE: Final = "slots/templates/slots.html"
BOOKING: Final = "slots/templates/booking.html"
PATH: Final = "/soins-non-programmes"
_DAYS: Final = tuple((f"jour-{i}", day) for i, day in enumerate(french.DAYS))
_REFUSED: Final = (RuleBroken, Conflict, AccessDenied)
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
_KEPT: Final = timedelta(days=2)


async def show(request: Request) -> Response:
    """Give the slots of two weeks with who publishes how many; also as CSV."""
    if request.url.path.endswith("/partage.csv"):
        return await _shares(request)
    return await _page(request, Form())


async def publish(request: Request) -> Response:
    """Publish slots; what cannot be comes back as it was typed."""
    form = await read_form(request)
    principal, desk = asker(request).principal, desk_of(request)
    communities = await _communities(request)
    service, _bar, member = form["membre"].partition("|")
    community = next((one for one in communities if one.service == service), None)
    try:
        if community is None:
            raise RuleBroken(_("Choisissez le membre de la CPTS."), expression=("membre",))
        made = await desk.publish(principal, community, member, _offer(form), form_number(form))
    except _REFUSED as error:
        form.errors[next(iter(error.expression), "jour")] = error.message
        return await _page(request, form, status=422)
    return RedirectResponse(f"{PATH}?publies={made}", status_code=303)


async def act(request: Request) -> Response:
    """Take back a slot, or say what became of a booking."""
    form = await read_form(request)
    principal, desk = asker(request).principal, desk_of(request)
    number = number_of(request)
    try:
        if form["geste"] == "retirer":
            await desk.withdraw(principal, number)
        else:
            await desk.end(principal, number, form["geste"], form["raison"])
    except _REFUSED as error:
        form.errors[f"c-{number}"] = error.message
        return await _page(request, form, status=409 if isinstance(error, Conflict) else 422)
    return RedirectResponse(PATH, status_code=303)


async def of_patient(request: Request) -> Response:
    """Give the free slots that can be booked for a patient."""
    return await _booking(request, Form({"numero": str(uuid4())}))


async def book(request: Request) -> Response:
    """Book a slot; who comes second is told, and shown the slots that are left."""
    form = await read_form(request)
    principal, patient = asker(request).principal, patient_of(request)
    key = form["creneau"]
    try:
        if not _ID.fullmatch(key):
            raise RuleBroken(_("Choisissez un créneau."))
        await desk_of(request).book(principal, patient, key, form["motif"][:200], form_number(form))
    except _REFUSED as error:
        form.errors["creneaux"] = error.message
        return await _booking(request, form, status=409 if isinstance(error, Conflict) else 422)
    return RedirectResponse(f"/patients/{patient}/agenda", status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, desk, now = asker(request).principal, desk_of(request), _now(request)
    communities = await _communities(request)
    slots, shares, members = await asyncio.gather(
        desk.between(principal, communities, now - _KEPT, now + AHEAD),
        desk.shares(principal, communities, now),
        asyncio.gather(*(desk.members(principal, one) for one in communities)),
    )
    shown = [
        one
        for one in slots
        if one.is_open and (one.ends > now or (one.status == "busy" and not one.outcome))
    ]
    booked = await desk.booked(principal, shown)
    own = frozenset(key for known in members for key in known)
    days = view_days(shown, (booked, communities, own), now)
    if request.url.path.endswith(".csv"):
        head = [_("Jour"), _("Heures"), _("Membre"), _("CPTS"), _("État")]
        return spreadsheet("soins-non-programmes.csv", head, slot_rows(days))
    return page(
        request,
        TEMPLATE,
        status=status,
        form=form,
        key=str(uuid4()),
        days=days,
        free=sum(one.is_free and not one.has_begun for day in days for one in day.slots),
        communities=communities,
        members=_members(communities, members),
        shares=[(one, rate_words(one)) for one in shares],
        weekdays=_DAYS,
        made=request.query_params.get("publies", ""),
        today=now.astimezone(PARIS).date().isoformat(),
    )


async def _booking(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, desk, now = asker(request).principal, desk_of(request), _now(request)
    (_rows, values), communities = await asyncio.gather(
        values_around(request, "agenda"), desk.communities(principal)
    )
    found = await desk.between(principal, communities, now, now + AHEAD)
    free = [one for one in found if one.status == "free"]
    values |= {
        "form": form,
        "communities": communities,
        "days": view_days(free, ({}, communities, frozenset()), now),
    }
    return page(request, BOOKING, status=status, **values)


async def _shares(request: Request) -> Response:
    principal, now = asker(request).principal, _now(request)
    shares = await desk_of(request).shares(principal, await _communities(request), now)
    head = [_("Membre"), _("Publiés"), _("Pris"), _("Venus"), _("Absents"), _("Remplissage")]
    lines = [
        [one.name, one.published, one.taken, one.done, one.missed, rate_words(one)]
        for one in shares
    ]
    return spreadsheet("partage-soins-non-programmes.csv", head, lines)


async def _communities(request: Request) -> list[Community]:
    """The CPTS of the reader; raises `AccessDenied` for who is of none, and no SAS."""
    found = await desk_of(request).communities(asker(request).principal)
    if not found:
        raise AccessDenied("slots are shown to the members of a CPTS and to the SAS")
    return found


def _members(
    communities: Sequence[Community], members: Sequence[Mapping[str, str]]
) -> list[tuple[str, str]]:
    return [
        (f"{community.service}|{key}", f"{name}, {community.name}")
        for community, known in zip(communities, members, strict=True)
        for key, name in known.items()
    ]


def _offer(form: Form) -> Offer:
    try:
        starts = datetime.fromisoformat(f"{form['jour']}T{form['heure']}").replace(tzinfo=PARIS)
    except ValueError as error:
        raise RuleBroken(_("Donnez le jour et l’heure."), expression=("jour",)) from error
    until = None
    if form["jusqu"]:
        try:
            until = datetime.fromisoformat(form["jusqu"]).date()
        except ValueError as error:
            raise RuleBroken(_("Donnez le dernier jour."), expression=("jusqu",)) from error
    days = frozenset(i for i, (name, _day) in enumerate(_DAYS) if form[name])
    return Offer(starts, _count(form["duree"]), _count(form["suite"] or "1"), days, until)


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0  # noqa: PLR2004 -- four digits


def _now(request: Request) -> datetime:
    now: datetime = request.app.state.settings.clock()
    return now


def desk_of(request: Request) -> Slots:
    """Give the service of slots; raises `NotFound` where there is none."""
    desk: Slots | None = request.app.state.ports.slots
    if desk is None:
        raise NotFound("there are no slots here")
    return desk


_PATIENT = f"/patients/{{patient_id}}{PATH}"
routes = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}.csv", show, methods=["GET"]),
    Route(f"{PATH}/partage.csv", show, methods=["GET"]),
    Route(PATH, publish, methods=["POST"]),
    Route(f"{PATH}/{{number}}", act, methods=["POST"]),
    Route(_PATIENT, of_patient, methods=["GET"]),
    Route(_PATIENT, book, methods=["POST"]),
]
