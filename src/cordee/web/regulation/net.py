"""The safety net: its page behind a secret, its texts on a case. C1.7, decision 0088."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.care.regulation.safety import PATH as READ
from cordee.runtime.errors import RuleBroken
from cordee.web.forms import form_number, read_form
from cordee.web.regulation.cases import back, refused
from cordee.web.regulation.entrance import floor_of, now_of, number_in, standing
from cordee.web.regulation.floor import PATH
from cordee.web.rendering import page

TEMPLATE: Final = "regulation/templates/net.html"


async def read(request: Request) -> Response:
    """Give the words of a message to whoever holds its secret, until it expires."""
    secret = request.path_params["secret"]
    words = await floor_of(request).net.read(secret, now_of(request))
    answer = page(request, TEMPLATE, words=words)
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
    Route(f"{PATH}/dossiers/{{number}}/consigne", again, methods=["POST"]),
]
