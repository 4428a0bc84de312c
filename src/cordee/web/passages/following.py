"""What becomes of a resident who was sent, for both sides. Rules: B2.6, B7.4."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.passages.desk import Passage
from cordee.care.passages.sheet import MACHINE
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import facts_of, party, reason_of, state_of
from cordee.runtime.errors import (
    AccessDenied,
    Conflict,
    NotFound,
    ResourceInvalid,
    RuleBroken,
    VersionConflict,
)
from cordee.web.forms import Form, read_form
from cordee.web.guarding import reader
from cordee.web.language import gettext as _
from cordee.web.passages.sending import passages_of
from cordee.web.record.result_views import vital_signs
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.workflow.moving import MOVE, move_views, read_wanted
from cordee.web.workflow.telling import due_view, fact_words, story_rows

TEMPLATE: Final = "passages/templates/passage.html"
SHEET: Final = "passages/templates/sheet.html"
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
_SHOWN: Final = (
    "story", "since", "autonomy", "belongings", "told", "transport", "callback", "ccmu", "unit",
    "departure", "advice", "returned-at", "treatment-check",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PassageView:
    """One passage in words."""

    number: str
    state: str
    level: str
    motive: str
    sent: str
    arrived: str
    facts: tuple[tuple[str, str], ...]
    reason: str


async def show(request: Request) -> Response:
    """Give one passage."""
    return await _page(request, Form())


async def move(request: Request) -> Response:
    """Make a move of a passage, then show it; what was typed stays when it is refused."""
    sent = await read_form(request)
    principal, number = reader(request).principal, _number(request)
    passages = passages_of(request)
    passage = await passages.one(principal, number)
    _need_patient(request, passage)
    machine = machines()[MACHINE]
    try:
        wanted = read_wanted(machine, sent)
        await passages.move(principal, number, wanted)
    except VersionConflict:
        sent.errors[MOVE] = _("Quelqu’un vient de changer cette page : relisez, puis recommencez.")
        return await _page(request, sent, status=409)
    except ResourceInvalid as error:
        sent.errors[MOVE] = error.message
        return await _page(request, sent, status=422)
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors[MOVE] = error.message
        return await _page(request, sent, status=error.status)
    return RedirectResponse(request.url.path, status_code=303)


async def sheet(request: Request) -> Response:
    """Give the sheet on one page to print, as the liaison document for emergencies is."""
    principal, number, desk = reader(request).principal, _number(request), passages_of(request)
    (_rows, values), passage = await asyncio.gather(
        values_around(request, "parcours"), desk.one(principal, number)
    )
    _need_patient(request, passage)
    now = request.app.state.settings.clock()
    documents = values["view"].documents.items
    values |= {
        "passage": view_passage(passage, now),
        "vitals": vital_signs(values["view"].series.items, now.date(), days=1),
        "directives": [one for one in documents if "directive" in one.title.casefold()],
    }
    return page(request, SHEET, **values)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, number = reader(request).principal, _number(request)
    desk = passages_of(request)
    (_rows, values), passage, story = await asyncio.gather(
        values_around(request, "parcours"), desk.one(principal, number), desk.story(number)
    )
    _need_patient(request, passage)
    now = request.app.state.settings.clock()
    machine = machines()[MACHINE]
    task = passage.task
    values |= {
        "form": form,
        "passage": view_passage(passage, now),
        "vitals": vital_signs(values["view"].series.items, now.date(), days=1),
        "moves": move_views(principal, task, now, form) if task else [],
        "story": await story_rows(request, machine, story),
        "due": due_view(machine, state_of(task), passage.due, now) if task else None,
    }
    return page(request, TEMPLATE, status=status, **values)


def view_passage(passage: Passage, now: datetime) -> PassageView:
    """The words of a passage."""
    machine, task = machines()[MACHINE], passage.task
    if task is None:
        raise NotFound("there is no such passage")
    facts = facts_of(task)
    state = state_of(task)
    late = passage.due is not None and passage.due.at < now
    shown = [
        (_(machine.facts[name].label), fact_words(machine.facts[name], facts[name], now))
        for name in _SHOWN
        if name in facts
    ]
    return PassageView(
        number=str(task["id"]),
        state=_(machine.states[state].label),
        level="critical" if late else {"returning": "caution", "settled": "settled"}.get(state, ""),
        motive=fact_words(machine.facts["motive"], facts.get("motive", ""), now),
        sent=fact_words(machine.facts["sent-at"], facts.get("sent-at", ""), now),
        arrived=fact_words(machine.facts["arrived-at"], facts.get("arrived-at", ""), now),
        facts=tuple(shown),
        reason=reason_of(task),
    )


def _number(request: Request) -> str:
    number = request.path_params["number"]
    if not _ID.fullmatch(number):
        raise NotFound("there is nothing at this address")
    return number


def _need_patient(request: Request, passage: Passage) -> None:
    """The address names the person too: a passage is not shown under the name of another."""
    named = f"Patient/{request.path_params['patient_id']}"
    if passage.task is None or party(passage.task, "for") != named:
        raise NotFound("there is nothing at this address")
