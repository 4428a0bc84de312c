"""The floor of a SAMU: the queue, calls to take, cases that wait, what happens live. C1.1, C1.6."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.regulation.centres import is_physician
from cordee.care.regulation.deciding import status_words
from cordee.care.regulation.motives import label_of
from cordee.care.regulation.queue import band
from cordee.runtime.errors import Conflict, NotFound, RuleBroken, Unavailable
from cordee.web.events import change_stream
from cordee.web.forms import Form, read_form
from cordee.web.regulation.entrance import around, duty_of, now_of, number_in, standing
from cordee.web.regulation.lines import pick_up, post_of
from cordee.web.regulation.views import roles, view_cases, view_lines, view_missed, view_strip
from cordee.web.rendering import fragment, page, wants_fragment

PATH: Final = "/regulation"
TEMPLATE: Final = "regulation/templates/floor.html"


async def show(request: Request) -> Response:
    """Give the floor; only its queue when htmx asks for a part."""
    values = await floor_values(request)
    if wants_fragment(request):
        return fragment(request, TEMPLATE, "queue", **values)
    return page(request, TEMPLATE, **values, form=Form())


async def answer(request: Request) -> Response:
    """Take a call, open its case; who comes second is told so."""
    form = await read_form(request)
    principal, centre, floor = await standing(request)
    at, call = now_of(request), number_in(request)
    try:
        board = await pick_up(request, form, call)
        case = await floor.desk.answer(principal, centre, call, at)
        if board is not None:
            await floor.lines.ask(principal, centre, board)
    except (Conflict, RuleBroken, Unavailable) as error:
        form.errors[next(iter(getattr(error, "expression", ())), "file")] = error.message
        return page(
            request, TEMPLATE, status=error.status, **await floor_values(request), form=form
        )
    others = [uuid_of(one) for one in form["autres"].split(",") if one]
    if others:
        await floor.desk.call_back(centre.id, others, principal.user, at)
    return RedirectResponse(f"{PATH}/dossiers/{case}", status_code=303)


async def open_case(request: Request) -> Response:
    """Open a case without a call, once for each form."""
    form = await read_form(request)
    principal, centre, floor = await standing(request)
    case = await floor.desk.open(principal, centre, uuid_of(form["numero"]), now_of(request))
    return RedirectResponse(f"{PATH}/dossiers/{case}", status_code=303)


async def changes(request: Request) -> Response:
    """Give the stream that says that something moved on the floor."""
    principal, centre, floor = await standing(request)
    desk = request.app.state.ports.notifications
    counts = desk.inbox.counts(principal.user) if desk is not None else None
    known = request.headers.get("last-event-id") or ""
    return change_stream(floor.desk.centres.moves(centre), known, counts)


async def floor_values(request: Request) -> dict[str, Any]:
    """What a page of the floor shows around the case."""
    principal, centre, floor = await around(request)
    at = now_of(request)
    desk = floor.desk
    await desk.centres.sit(principal, centre, at)
    view = await desk.view(centre, at)
    communes = await desk.all_communes()
    live, waits = view_lines(view, centre, at)
    turn = await _turn(request, communes)
    cases = view_cases(view.cases, communes, centre, at)
    numbers = {str(one.id): one.number for one in view.all_missed}
    positions = await desk.centres.positions(centre, at)
    return {
        "centre": centre,
        "strip": view_strip(await floor.overflow.strip(centre.id)),
        "telephony": centre.parameters.telephony,
        "own_post": post_of(positions, principal),
        "seats": {one.post: one for one in positions if one.post},
        "load": view.load,
        "turn": turn,
        "live": live,
        "waits": waits,
        "missed": view_missed(view, numbers, centre, at),
        "cases": cases,
        "ageing": [one for one in cases if one.is_ageing],
        "positions": roles(positions),
        "missions": await floor.deciding.missions(centre.id),
        "asked": [
            one
            for one in await floor.requests.of_centre(centre, at)
            if one.home == centre.id and not one.answer
        ],
        "new_case": str(uuid4()),
        "words_of_status": status_words,
    }


async def _turn(request: Request, communes: Mapping[str, str]) -> dict[str, Any] | None:
    """The turn of a pooled regulator, with what waits at the other centres; None outside. C2.12."""
    principal, centre, floor = await around(request)
    at = now_of(request)
    if centre.is_training or not is_physician(principal):
        return None
    duty = await duty_of(request, principal, floor)
    if duty is None or duty.is_over:
        return None
    names = {one.id: one.name for one in (await floor.desk.centres.all()).values()}
    rows = [
        (one, names.get(one.centre, one.centre), label_of(one.motive),
         communes.get(one.commune, ""), band(one.awaiting or at, at, centre.parameters))
        for one in await floor.pooled.waiting(principal, duty)
    ]  # fmt: skip
    others = ", ".join(names.get(one, one) for one in duty.others)
    return {"until": duty.until, "others": others, "rows": rows}


async def sit(request: Request) -> Response:
    """Note at which telephone somebody sits."""
    form = await read_form(request)
    principal, centre, floor = await standing(request)
    try:
        await floor.desk.centres.take_post(principal, centre, form["poste"])
    except RuleBroken as error:
        form.errors["poste"] = error.message
        return page(request, TEMPLATE, status=422, **await floor_values(request), form=form)
    return RedirectResponse(PATH, status_code=303)


def uuid_of(text: str) -> UUID:
    """The number that a form bears; raises `NotFound` where it is none."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("there is nothing of this number") from error


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}/poste", sit, methods=["POST"]),
    Route(f"{PATH}/evenements", changes, methods=["GET"]),
    Route(f"{PATH}/appels/{{number}}", answer, methods=["POST"]),
    Route(f"{PATH}/dossiers", open_case, methods=["POST"]),
]
