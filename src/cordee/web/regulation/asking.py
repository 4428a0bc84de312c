"""Vehicles that a neighbour asks of this centre, and that this centre asks of one. C2.6."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.regulation.asking import REASONS, Asked
from cordee.care.regulation.centres import Centre
from cordee.care.regulation.motives import label_of
from cordee.care.regulation.service import Regulation
from cordee.runtime import french
from cordee.runtime.errors import Conflict, RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.regulation.entrance import now_of, number_in, standing
from cordee.web.regulation.floor import PATH
from cordee.web.rendering import page

TEMPLATE: Final = "regulation/templates/asking.html"
ASKED: Final = f"{PATH}/demandes"
_UNSAID: Final = "?"


async def show(request: Request) -> Response:
    """Give what this centre was asked and has asked in the last twelve hours."""
    return await _page(request, Form())


async def answer(request: Request) -> Response:
    """Send the nearest free vehicle, or refuse with a reason."""
    sent = await read_form(request)
    principal, centre, floor = await standing(request)
    number = number_in(request)
    reason = (sent["motif"] or _UNSAID) if sent["geste"] == "refuser" else ""
    try:
        await floor.requests.answer(principal, centre, number, reason, now_of(request))
    except (RuleBroken, Conflict) as error:
        sent.errors[f"d-{number}"] = error.message
        return await _page(request, sent, status=error.status)
    return RedirectResponse(ASKED, status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    _principal, centre, floor = await standing(request)
    at = now_of(request)
    found = await floor.requests.of_centre(centre, at)
    communes = await floor.desk.all_communes()
    names, here = await names_of(floor), await floor.desk.centres.all()
    lines = [
        asked_line(one, centre, at, names)
        | {"commune": communes.get(one.commune, ""), "is_near": one.home in here}
        for one in found
    ]
    return page(
        request, TEMPLATE, status=status, form=form, centre=centre, reasons=REASONS,
        received=[one for one in lines if one["is_received"]],
        sent=[one for one in lines if not one["is_received"]],
    )  # fmt: skip


async def names_of(floor: Regulation) -> dict[str, str]:
    """The names of all centres that are spoken of, here and in other installations."""
    here = await floor.desk.centres.all()
    return {**await floor.requests.names_afar(), **{one.id: one.name for one in here.values()}}


def asked_line(one: Asked, centre: Centre, at: datetime, names: dict[str, str]) -> dict[str, Any]:
    """A request as a list shows it at one of its two ends."""
    is_received = one.home == centre.id
    other = one.asker if is_received else one.home
    return {
        "id": str(one.id), "case": str(one.case), "kind": one.kind, "is_received": is_received,
        "other": names.get(other, other), "around": f"{PATH}/territoires/{one.home}",
        "priority": one.priority or "P?", "motive": label_of(one.motive), "by": one.asked_by,
        "at": french.clock(one.asked), "waits": int((at - one.asked).total_seconds()),
        "is_open": not one.answer, "is_late": one.is_late(at), "state": _state(one),
    }  # fmt: skip


def _state(one: Asked) -> str:
    if not one.answer:
        return _("sans réponse")
    who = {"name": one.answered_by, "at": french.clock(one.answered) if one.answered else ""}
    if one.answer == "refused":
        why = _(REASONS.get(one.reason, one.reason))
        return _("refusé par %(name)s, %(at)s : %(why)s") % {**who, "why": why}
    return _("accepté : %(vehicle)s, %(name)s, %(at)s") % {**who, "vehicle": one.vehicle}


routes = [
    Route(ASKED, show, methods=["GET"]),
    Route(f"{ASKED}/{{number}}", answer, methods=["POST"]),
]
