"""One request: what is asked, what is due, what each side can do; all those about a person."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import Request as HttpRequest
from starlette.responses import RedirectResponse, Response

from cordee.care.requests.desk import Request
from cordee.care.requests.offers import KINDS
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import (
    facts_of,
    group_of,
    named_of,
    party,
    reason_of,
    state_of,
)
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken, VersionConflict
from cordee.web.forms import Form, read_form
from cordee.web.guarding import reader
from cordee.web.language import gettext as _
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker, number_of, requests_of
from cordee.web.workflow.moving import MOVE, move_views, read_wanted
from cordee.web.workflow.telling import DueView, due_view, fact_words, story_rows, written_words

TEMPLATE: Final = "requests/templates/request.html"
LIST: Final = "requests/templates/patient.html"
_PAGES: Final = {"reconciliation": "conciliations", "remote-session": "chariot"}
"""Machines whose requests have a page of their own, where they are moved."""
_MAIN: Final = ("motive", "kind", "rule", "priority")


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request in words."""

    number: str
    href: str
    title: str
    what: str
    state: str
    level: str
    owner: str
    requester: str
    asked: str
    facts: tuple[tuple[str, str], ...]
    text: str
    reason: str
    due: DueView | None
    is_over: bool
    is_one_of_many: bool


async def show(request: HttpRequest) -> Response:
    """Give one request."""
    return await _page(request, Form())


async def move(request: HttpRequest) -> Response:
    """Make a move, then show the request; what was typed stays when it is refused."""
    sent = await read_form(request)
    principal, number, desk = reader(request).principal, number_of(request), requests_of(request)
    found = await desk.one(principal, number)
    _need_patient(request, found)
    try:
        await desk.move(principal, number, read_wanted(found.machine, sent))
    except VersionConflict:
        sent.errors[MOVE] = _("Quelqu’un vient de changer cette page : relisez, puis recommencez.")
        return await _page(request, sent, status=409)
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors[MOVE] = error.message
        return await _page(request, sent, status=error.status)
    return RedirectResponse(request.url.path, status_code=303)


async def of_patient(request: HttpRequest) -> Response:
    """Give all requests about a person."""
    principal, desk = asker(request).principal, requests_of(request)
    patient = request.path_params["patient_id"]
    (_rows, values), found = await asyncio.gather(
        values_around(request, "parcours"), desk.of_patient(principal, patient)
    )
    now = request.app.state.settings.clock()
    values["requests"] = [view_request(one, now) for one in found]
    values["machines"] = [(code, _(machines()[code].title)) for code in KINDS]
    return page(request, LIST, **values)


async def _page(request: HttpRequest, form: Form, *, status: int = 200) -> Response:
    principal, number, desk = reader(request).principal, number_of(request), requests_of(request)
    (_rows, values), found, story = await asyncio.gather(
        values_around(request, "parcours"), desk.one(principal, number), desk.story(number)
    )
    _need_patient(request, found)
    now = request.app.state.settings.clock()
    values |= {
        "form": form,
        "asked": view_request(found, now),
        "moves": move_views(principal, found.task, now, form),
        "story": await story_rows(request, found.machine, story),
        "relay": _relay(request, found),
    }
    return page(request, TEMPLATE, status=status, **values)


def view_request(found: Request, now: datetime) -> RequestView:
    """The words of a request."""
    task, machine = found.task, found.machine
    facts, state = facts_of(task), state_of(task)
    words = {
        name: named_of(task, name)[1] or fact_words(machine.facts[name], value, now)
        for name, value in facts.items()
        if name in machine.facts
    }
    due = due_view(machine, state, found.due, now)
    over = machine.is_final(state)
    main = next((words[one] for one in _MAIN if one in words), "")
    patient = party(task, "for").removeprefix("Patient/")
    return RequestView(
        number=str(task["id"]),
        href=f"/patients/{patient}/{_PAGES.get(machine.code, 'demandes')}/{task['id']}",
        title=_(machine.title),
        what=main,
        state=_(machine.states[state].label),
        level=due.level if due and due.level else ("settled" if over else ""),
        owner=found.name("owner"),
        requester=found.name("requester"),
        asked=written_words(str(task.get("authoredOn", "")), now),
        facts=tuple(
            (_(machine.facts[name].label), text)
            for name, text in words.items()
            if name not in _MAIN
        ),
        text=str(task.get("description", "")),
        reason=reason_of(task),
        due=due,
        is_over=over,
        is_one_of_many=bool(group_of(task)),
    )


def _relay(request: HttpRequest, found: Request) -> str:
    """Where a DAC hands its request over to another; "" for what it cannot hand over."""
    principal = reader(request).principal
    own = party(found.task, "owner") in {principal.structure, principal.practitioner} - {""}
    move = found.machine.move("relay")
    can = own and move is not None and state_of(found.task) in move.source
    patient = request.path_params["patient_id"]
    return f"/patients/{patient}/relais-dac/{found.task['id']}" if can else ""


def _need_patient(request: HttpRequest, found: Request) -> None:
    if (
        party(found.task, "for") != f"Patient/{request.path_params['patient_id']}"
        or found.machine.code in _PAGES
    ):
        raise NotFound("there is nothing at this address")
