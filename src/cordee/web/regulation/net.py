"""Messages behind a secret: the safety net, an appointment. C1.7, C3.3, decisions 0088, 0099."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.regulation.safety import PATH as READ
from cordee.care.regulation.safety import Opened, net_of
from cordee.runtime.errors import Conflict, NotFound, RuleBroken
from cordee.web.forms import Form, form_number, read_form
from cordee.web.regulation.cases import back, refused
from cordee.web.regulation.entrance import floor_of, now_of, number_in, standing, unscheduled_of
from cordee.web.regulation.floor import PATH
from cordee.web.rendering import page

TEMPLATE: Final = "regulation/templates/net.html"


async def read(request: Request) -> Response:
    """Give the words of a message to whoever holds its secret, until it expires."""
    secret = request.path_params["secret"]
    return await _message(request, await floor_of(request).net.read(secret, now_of(request)))


async def cancel(request: Request) -> Response:
    """Free the place of an appointment that the person does not come to."""
    form = await read_form(request)
    secret, at = request.path_params["secret"], now_of(request)
    opened = await floor_of(request).net.read(secret, at)
    service = unscheduled_of(request)
    if opened.kind != "appointment" or service is None:
        raise NotFound("there is no such appointment")
    try:
        await service.bookings.cancel(opened, at)
    except (RuleBroken, Conflict) as error:
        form.errors["annuler"] = error.message
        return await _message(request, opened, form, status=422)
    return RedirectResponse(f"{READ}{secret}", status_code=303)


async def _message(
    request: Request, opened: Opened, form: Form | None = None, *, status: int = 200
) -> Response:
    service = unscheduled_of(request)
    if opened.kind == "appointment" and service is not None:
        told = await service.bookings.told(opened, now_of(request))
        values: dict[str, Any] = {"told": told, "words": ()}
    else:
        values = {"told": None, "words": net_of(str(opened.content.get("motive", "")))}
    answer = page(request, TEMPLATE, status=status, **values, form=form or Form())
    answer.headers["x-robots-tag"] = "noindex"
    answer.headers["cache-control"] = "no-store, private"
    return answer


async def again(request: Request) -> Response:
    """Send the text of a case once more."""
    form = await read_form(request)
    principal, centre, floor = await standing(request)
    case, _stamps = await floor.desk.case(principal, centre, number_in(request))
    try:
        key = UUID(form_number(form))
        await floor.net.again(case, key, principal.user, now_of(request))
    except RuleBroken as error:
        return await refused(request, form, error, other="consigne")
    return back(case)


routes = [
    Route(f"{READ}{{secret}}", read, methods=["GET"]),
    Route(f"{READ}{{secret}}", cancel, methods=["POST"]),
    Route(f"{PATH}/dossiers/{{number}}/consigne", again, methods=["POST"]),
]
