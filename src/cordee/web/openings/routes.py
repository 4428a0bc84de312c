"""The slots of an effector on a phone: opened in two taps, withdrawn, exported. Rule: C3.8."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.openings.evidence import (
    OPEN,
    SPAN,
    TAKEN,
    UNTAKEN,
    WITHDRAWN,
    Proof,
    proofs,
    totals,
)
from cordee.care.openings.presets import MINUTES, Preset, offer_of, presets
from cordee.care.slots.desk import AHEAD
from cordee.care.slots.publishing import Community
from cordee.care.slots.shares import DONE, MISSED
from cordee.care.unscheduled.service import Unscheduled
from cordee.identity.principal import Principal
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.language import ngettext
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker
from cordee.web.sheets import spreadsheet
from cordee.web.slots.routes import desk_of

TEMPLATE: Final = "openings/templates/openings.html"
PATH: Final = "/mes-creneaux"
_SOON: Final = timedelta(hours=48)
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
_STATES: Final = {
    OPEN: _("libre"), TAKEN: _("pris"), UNTAKEN: _("non pris"), WITHDRAWN: _("retiré"),
}  # fmt: skip
_FITS: Final = {"oui": True, "non": False}
_OUTCOMES: Final = {DONE: _("venu"), MISSED: _("absent")}


@dataclass(frozen=True, slots=True)
class Row:
    """One slot to come, as it is shown."""

    number: str
    day: str
    hours: str
    state: str
    is_free: bool


async def show(request: Request) -> Response:
    """Give the buttons, what is open, and the counts of the quarter."""
    return await _page(request, Form({"numero": str(uuid4())}))


async def act(request: Request) -> Response:
    """Open the slots of a button, or withdraw one; what cannot be is said."""
    form = await read_form(request)
    principal, desk = asker(request).principal, desk_of(request)
    community = _chosen(await _communities(request), form["cpts"])
    try:
        if form["retirer"]:
            if not _ID.fullmatch(form["retirer"]):
                raise NotFound("there is no such slot")
            await desk.withdraw(principal, form["retirer"])
            return RedirectResponse(f"{PATH}?retire=1", status_code=303)
        minutes = int(form["duree"]) if form["duree"].isdecimal() else 0
        offer = offer_of(form["creneau"], minutes, _now(request))
        number = form_number(form)
        made = await desk.publish(principal, community, principal.practitioner, offer, number)
    except (RuleBroken, Conflict) as error:
        form.errors["creneau"] = error.message
        return await _page(request, form, status=409 if isinstance(error, Conflict) else 422)
    return RedirectResponse(f"{PATH}?ouverts={made}", status_code=303)


async def judge(request: Request) -> Response:
    """Keep what the effector says of an orientation: fitting or not, in a word."""
    form = await read_form(request)
    principal, service = asker(request).principal, _unscheduled(request)
    await _communities(request)
    lines = await _proofs(request, principal, _now(request))
    try:
        said = (UUID(form["rendez-vous"]), _FITS[form["adaptee"]], form["mots"])
        mine = [one.slot.id for one in lines]
        await service.feedback.say(principal, mine, said, _now(request))
    except RuleBroken as error:
        form.errors[f"avis-{form['rendez-vous']}"] = error.message
        return await _page(request, form, status=422)
    except (KeyError, ValueError) as error:
        raise NotFound("there is no such appointment") from error
    return RedirectResponse(f"{PATH}#t-avis", status_code=303)


def _unscheduled(request: Request) -> Unscheduled:
    found: Unscheduled | None = request.app.state.ports.unscheduled
    if found is None:
        raise NotFound("there are no slots here")
    return found


async def export(request: Request) -> Response:
    """Give the proof of a quarter as CSV: what was opened, when, what was taken; no patient."""
    principal = asker(request).principal
    await _communities(request)
    lines = await _proofs(request, principal, _now(request) + AHEAD)
    head = [
        _("Jour"), _("Début"), _("Fin"), _("Ouvert le"), _("Ouvert avant (min)"), _("État"),
        _("État depuis"), _("Suite"), _("Effecteur"), _("Identifiant du créneau"),
    ]  # fmt: skip
    return spreadsheet("creneaux-ouverts.csv", head, [_line(one) for one in lines])


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, now = asker(request).principal, _now(request)
    communities = await _communities(request)
    lines = await _proofs(request, principal, now + AHEAD)
    begun = [one.slot.id for one in lines if one.state == TAKEN and one.slot.starts <= now]
    asked = await _unscheduled(request).feedback.asked(begun, now) if begun else ()
    coming = [one for one in reversed(lines) if one.slot.ends > now and one.slot.is_open]
    return page(
        request, TEMPLATE, status=status, form=form, communities=communities,
        buttons=[(one.key, button_words(one, now)) for one in presets(now)], lengths=MINUTES,
        soon=[_row(one) for one in coming if one.slot.starts < now + _SOON],
        later=[_row(one) for one in coming if one.slot.starts >= now + _SOON],
        counts=totals([one for one in lines if one.slot.starts <= now]),
        asked=[(one, _moment(one.starts)) for one in asked],
        made=request.query_params.get("ouverts", ""), gone=request.query_params.get("retire", ""),
    )  # fmt: skip


async def _proofs(request: Request, principal: Principal, last: datetime) -> list[Proof]:
    now = _now(request)
    return proofs(await desk_of(request).own(principal, now - SPAN, last), now)


async def _communities(request: Request) -> Sequence[Community]:
    """The CPTS for which somebody opens slots of their own; raises `AccessDenied` for none."""
    principal, desk = asker(request).principal, desk_of(request)
    found = [
        one
        for one in await desk.memberships(principal)
        if principal.practitioner in await desk.members(principal, one)
    ]
    if not found:
        raise AccessDenied("slots are opened by who cares for people in a CPTS")
    return found


def _chosen(communities: Sequence[Community], service: str) -> Community:
    return next((one for one in communities if one.service == service), communities[0])


def button_words(one: Preset, now: datetime) -> str:
    """Give the words of a button, as in « Ouvrir 1 créneau dans 30 min »."""
    count = ngettext("%(num)s créneau", "%(num)s créneaux", one.count) % {"num": one.count}
    if one.minutes:
        return _("Ouvrir %(count)s dans %(minutes)s min") % {"count": count, "minutes": one.minutes}
    start = one.starts.astimezone(PARIS)
    told = {"count": count, "hour": french.clock(start)}
    if start.date() == now.astimezone(PARIS).date():
        return _("Ouvrir %(count)s à partir de %(hour)s") % told
    day = french.weekday(start.date())
    return _("Ouvrir %(count)s à partir de %(hour)s, %(day)s") % (told | {"day": day})


def _row(one: Proof) -> Row:
    slot = one.slot
    day = french.weekday(slot.starts.astimezone(PARIS).date())
    hours = f"{french.clock(slot.starts)}–{french.clock(slot.ends)}"
    return Row(slot.id, day, hours, _STATES[one.state], one.state == OPEN)


def _line(one: Proof) -> list[str]:
    slot = one.slot
    start, end = slot.starts.astimezone(PARIS), slot.ends.astimezone(PARIS)
    lead = "" if one.lead is None else str(round(one.lead / timedelta(minutes=1)))
    return [
        start.date().isoformat(), f"{start:%H:%M}", f"{end:%H:%M}", _stamp(slot.opened), lead,
        _STATES[one.state], _stamp(slot.changed), _OUTCOMES.get(slot.outcome, ""), slot.name,
        slot.id,
    ]  # fmt: skip


def _moment(moment: datetime) -> str:
    return f"{french.weekday(moment.astimezone(PARIS).date())}, {french.clock(moment)}"


def _stamp(moment: datetime | None) -> str:
    return f"{moment.astimezone(PARIS):%Y-%m-%d %H:%M}" if moment else _("non conservé")


def _now(request: Request) -> datetime:
    now: datetime = request.app.state.settings.clock()
    return now


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}.csv", export, methods=["GET"]),
    Route(PATH, act, methods=["POST"]),
    Route(f"{PATH}/orientation", judge, methods=["POST"]),
]
