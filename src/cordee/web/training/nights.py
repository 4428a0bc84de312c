"""The page of training: a night to start, to hold, to join; those that are over. C1.13."""

from __future__ import annotations

import re
from typing import Any, Final
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.training.night import hour_of
from cordee.care.training.nights import BOTH, PHYSICIANS, TAKERS, Asked, Night, is_trainer
from cordee.runtime import french
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.regulation.entrance import now_of, number_in, own_centre
from cordee.web.rendering import page
from cordee.web.training.caller import PATH, training_of

TEMPLATE: Final = "training/templates/nights.html"
SPEEDS: Final = (1, 2, 5, 10, 30, 60)
ROLE_WORDS: Final = {
    BOTH: _("ARM et médecins régulateurs"),
    TAKERS: _("ARM seuls : la décision n’est pas jugée"),
    PHYSICIANS: _("médecins régulateurs seuls : les dossiers arrivent triés"),
}
STATES: Final = {
    "running": _("en cours"), "paused": _("en pause"), "ended": _("terminée"),
}  # fmt: skip
_FIRST: Final = {"graine": "1", "cas": "600", "vitesse": "10", "roles": BOTH}


async def show(request: Request) -> Response:
    """Give the nights of one's centre."""
    return await _page(request, Form(dict(_FIRST)))


async def start(request: Request) -> Response:
    """Begin a night; what was typed stays where it is refused."""
    form = await read_form(request)
    principal, centre, floor = await own_centre(request)
    asked = Asked(
        _whole(form["graine"]), _whole(form["cas"]), _whole(form["vitesse"]), form["roles"]
    )  # fmt: skip
    told = (UUID(form_number(form)), asked)
    communes = await floor.desk.all_communes()
    nights = training_of(request).nights
    try:
        await nights.start(principal, centre, told, now_of(request), communes)
    except RuleBroken as error:
        form.errors[next(iter(error.expression), "graine")] = error.message
        return await _page(request, form, status=422)
    return RedirectResponse(PATH, status_code=303)


async def hold(request: Request) -> Response:
    """Pause a night, let it go on, end it, sit in it or leave it."""
    form = await read_form(request)
    principal, centre, _floor = await own_centre(request)
    nights, number, at = training_of(request).nights, number_in(request), now_of(request)
    try:
        match form["geste"]:
            case "pause":
                await nights.pause(principal, centre, number, at)
            case "reprendre":
                await nights.resume(principal, centre, number, at)
            case "terminer":
                await nights.end(principal, centre, number, at)
                return RedirectResponse(f"{PATH}/{number}", status_code=303)
            case "rejoindre":
                await nights.join(principal, centre, number, at)
                return RedirectResponse("/regulation", status_code=303)
            case "sortir":
                await nights.leave(principal, at)
            case _:
                form.errors["geste"] = _("Choisissez ce que vous voulez faire.")
    except RuleBroken as error:
        form.errors["geste"] = error.message
    if form.errors:
        return await _page(request, Form(dict(_FIRST), form.errors), status=422)
    return RedirectResponse(PATH, status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, centre, floor = await own_centre(request)
    nights = training_of(request).nights
    known = await nights.nights(principal, centre)
    seated = await floor.desk.centres.seat(principal, centre)
    current = next((one for one in known if not one.is_over), None)
    seats = await nights.seats(current.id) if current is not None else []
    return page(
        request, TEMPLATE, status=status, form=form, centre=centre, number=str(uuid4()),
        leads=is_trainer(principal), seated=seated is not None, current=current,
        now_line=None if current is None else night_line(current),
        seats=[one for one in seats if one.is_here], speeds=SPEEDS, roles=ROLE_WORDS,
        over=[(one, night_line(one)) for one in known if one.is_over],
    )  # fmt: skip


def night_line(one: Night) -> dict[str, Any]:
    """A night in words."""
    began = f"{french.short_date(one.started)} {french.clock(one.started)}"
    return {
        "began": began, "state": STATES[one.state], "roles": ROLE_WORDS[one.roles],
        "hour": hour_of(one.elapsed),
    }  # fmt: skip


def _whole(text: str) -> int:
    """A number that was typed; -1, which no field takes, for what is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else -1


def night_number(request: Request) -> tuple[UUID, int]:
    """The night and the call that an address names; raises `NotFound` where they are none."""
    n = request.path_params.get("n", "0")
    if not re.fullmatch(r"[0-9]{1,4}", n):
        raise NotFound("there is no such call")
    return number_in(request), int(n)


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(PATH, start, methods=["POST"]),
    Route(f"{PATH}/{{number}}", hold, methods=["POST"]),
]
