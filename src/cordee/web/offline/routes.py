"""The worker, what it asks, and the pages that it opens through a cut. Rules: B1.12, B7.3."""

from __future__ import annotations

from functools import lru_cache

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cordee.care.passages.sheet import MACHINE
from cordee.care.workflow.machines import machines
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.offline.keeping import NIGHT_HOURS, ROUND_HOURS, kept, mark_of
from cordee.web.passages.sending import caregiver, passages_of
from cordee.web.rendering import STATIC, page
from cordee.web.sessions import form_token

WAITING, NIGHT = "offline/templates/waiting.html", "offline/templates/night.html"


async def worker(request: Request) -> Response:
    """Give the worker, from where it reaches every page."""
    del request
    return Response(_worker(), media_type="text/javascript")


async def token(request: Request) -> Response:
    """Give the form token of the session, and a mark of who is signed in."""
    mark = mark_of(request)
    value = form_token(request.state.session, request.app.state.settings.key)
    return JSONResponse({"jeton": value, "qui": mark})


async def waiting(request: Request) -> Response:
    """Give what waits for the network, and what was refused when it left."""
    signed_in(request)
    return page(request, WAITING)


async def night(request: Request) -> Response:
    """Give the night screen of a resident whose page was not opened before a cut."""
    principal = caregiver(request).principal
    motives = machines()[MACHINE].facts["motive"].choices
    return page(
        request, NIGHT, departments=await passages_of(request).departments(principal),
        motives=[(code, _(text)) for code, text in motives.items()],
    )  # fmt: skip


@lru_cache(maxsize=1)
def _worker() -> bytes:
    return (STATIC / "js" / "worker.js").read_bytes()


routes = [
    Route("/hors-ligne.js", worker, methods=["GET"]),
    Route("/hors-ligne/jeton", token, methods=["GET"]),
    Route("/hors-ligne/attente", kept(ROUND_HOURS)(waiting), methods=["GET"]),
    Route("/hors-ligne/nuit", kept(NIGHT_HOURS)(night), methods=["GET"]),
]
