"""Find a patient: by names, date of birth or INS, in a form that leaves no trace in a URL."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.care.record.query import parse_query
from cordee.runtime.errors import ProductError
from cordee.web.forms import Form, read_form
from cordee.web.guarding import reader, signed_in
from cordee.web.home.work import work
from cordee.web.inbox.home import to_read
from cordee.web.notices.reading import notices_of
from cordee.web.persons import describe_list
from cordee.web.relatives.people import is_around
from cordee.web.rendering import fragment, page, wants_fragment

TEMPLATE = "home/templates/home.html"
PAGE_SIZE = 20
log = logging.getLogger(__name__)


async def home(request: Request) -> Response:
    """Give the search form, and the records opened last."""
    account = signed_in(request)
    told = await notices_of(request)
    if not account.sees_records:
        return page(
            request, TEMPLATE, state="none", people=(), after=None, told=told,
            is_relative=is_around(account), to_read=await to_read(request),
        )  # fmt: skip
    recent, new, todo = await asyncio.gather(_recent(request), to_read(request), work(request))
    return page(request, TEMPLATE, **recent | {"told": told, "to_read": new, "work": todo})


async def search(request: Request) -> Response:
    """Give the patients that match what was typed; only the list when htmx asks."""
    form = await read_form(request)
    values = await _found(request, form)
    if wants_fragment(request):
        return fragment(request, TEMPLATE, "answer", **values)
    return page(request, TEMPLATE, status=503 if values["state"] == "error" else 200, **values)


async def _recent(request: Request) -> dict[str, Any]:
    settings, records = request.app.state.settings, request.app.state.ports.records
    try:
        patients = await records.recent_patients(reader(request).principal)
    except ProductError as error:
        log.warning("recent_patients_failed slug=%s", error.slug)
        return {"state": "error", "people": (), "after": None}
    people = describe_list(patients, settings.clock().date())
    return {"state": "recent" if people else "start", "people": people, "after": None}


async def _found(request: Request, form: Form) -> dict[str, Any]:
    settings, records = request.app.state.settings, request.app.state.ports.records
    principal = reader(request).principal
    today = settings.clock().date()
    query = parse_query(form["q"], today=today)
    if not form["q"]:
        return await _recent(request) | {"typed": ""}
    if query.is_empty or query.is_broad:
        return {"state": "more", "people": (), "after": None, "typed": form["q"]}
    try:
        found = await records.find_patients(
            principal, query, after=form["apres"] or None, limit=PAGE_SIZE
        )
    except ProductError as error:
        log.warning("find_patients_failed slug=%s", error.slug)
        return {"state": "error", "people": (), "after": None, "typed": form["q"]}
    people = describe_list(found.patients, today)
    state = "data" if people else "empty"
    return {"state": state, "people": people, "after": found.after, "typed": form["q"]}


routes = [
    Route("/", home, methods=["GET"], name="home"),
    Route("/", search, methods=["POST"]),
]
