"""The list of keys, the switch that turns letter keys off, and the map of the site."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.web.forms import read_form
from cordee.web.guarding import signed_in
from cordee.web.guide.places import parts_of
from cordee.web.rendering import page

KEYS_COOKIE = "cordee_touches"
ONE_YEAR_SECONDS = 31_536_000


async def keys(request: Request) -> Response:
    """Give the list of keys."""
    signed_in(request)
    return page(request, "guide/templates/keys.html")


async def set_keys(request: Request) -> Response:
    """Turn the letter keys on or off in this browser (WCAG 2.1.4)."""
    form = await read_form(request)
    answer = RedirectResponse("/raccourcis", status_code=303)
    answer.set_cookie(
        KEYS_COOKIE,
        "oui" if form["touches"] == "oui" else "non",
        max_age=ONE_YEAR_SECONDS,
        httponly=True,
        samesite="lax",
        secure=request.app.state.settings.has_secure_cookies,
    )
    return answer


async def plan(request: Request) -> Response:
    """Give the pages that this person may go to."""
    return page(request, "guide/templates/plan.html", parts=parts_of(signed_in(request)))


routes = [
    Route("/plan", plan, methods=["GET"]),
    Route("/raccourcis", keys, methods=["GET"]),
    Route("/raccourcis", set_keys, methods=["POST"]),
]
