"""The floor of a SAMU: the queue, calls to take, cases that wait, what happens live. C1.1, C1.6."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.regulation.deciding import status_words
from cordee.runtime.errors import Conflict, NotFound
from cordee.web.events import change_stream
from cordee.web.forms import Form, read_form
from cordee.web.regulation.entrance import now_of, number_in, standing
from cordee.web.regulation.views import roles, view_cases, view_lines, view_missed
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
    at = now_of(request)
    try:
        case = await floor.desk.answer(principal, centre, number_in(request), at)
    except Conflict as error:
        form.errors["file"] = error.message
        return page(request, TEMPLATE, status=409, **await floor_values(request), form=form)
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
    principal, centre, floor = await standing(request)
    at = now_of(request)
    desk = floor.desk
    await desk.centres.sit(principal, centre, at)
    view = await desk.view(centre, at)
    communes = await desk.all_communes()
    live, waits = view_lines(view, centre, at)
    cases = view_cases(view.cases, communes, centre, at)
    numbers = {str(one.id): one.number for one in view.all_missed}
    return {
        "centre": centre,
        "load": view.load,
        "live": live,
        "waits": waits,
        "missed": view_missed(view, numbers, centre, at),
        "cases": cases,
        "ageing": [one for one in cases if one.is_ageing],
        "positions": roles(await desk.centres.positions(centre, at)),
        "missions": await floor.deciding.missions(centre.id),
        "asked": [
            one
            for one in await floor.requests.of_centre(centre, at)
            if one.home == centre.id and not one.answer
        ],
        "new_case": str(uuid4()),
        "words_of_status": status_words,
    }


def uuid_of(text: str) -> UUID:
    """The number that a form bears; raises `NotFound` where it is none."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("there is nothing of this number") from error


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}/evenements", changes, methods=["GET"]),
    Route(f"{PATH}/appels/{{number}}", answer, methods=["POST"]),
    Route(f"{PATH}/dossiers", open_case, methods=["POST"]),
]
