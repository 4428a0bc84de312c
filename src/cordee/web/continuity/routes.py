"""Cercles actifs: the circles of the last 24 hours, to print. Rule: A6.8."""

from __future__ import annotations

from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.access.circles.reading import MOST
from cordee.runtime import clock
from cordee.web.continuity.views import sheet_of
from cordee.web.guarding import reader
from cordee.web.rendering import page

PATH = "/cercles-actifs"
TEMPLATE = "continuity/templates/circles.html"
_HOURS = timedelta(hours=24)


async def show(request: Request) -> Response:
    """Give the circles that the caller sees and in which something was written for a day."""
    account = reader(request)
    circles = request.app.state.ports.circles
    if circles is None or account.is_patient:
        raise HTTPException(404)
    active = await circles.active(account.principal, clock.now() - _HOURS)
    sheets = sorted((sheet_of(one) for one in active), key=lambda one: one.name)
    return page(request, TEMPLATE, sheets=sheets, is_cut=len(active) == MOST, most=MOST)


routes = [Route(PATH, show, methods=["GET"])]
