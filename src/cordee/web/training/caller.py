"""The caller of a night beside their case: what they say, questions to ask them. C1.13."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.regulation.cases import Case, Stamp
from cordee.care.regulation.centres import Centre
from cordee.care.training.caller import Turn, ask, asked_of, turns_of
from cordee.care.training.results import Results
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.web.forms import read_form
from cordee.web.regulation.entrance import now_of, number_in, standing
from cordee.web.rendering import fragment, wants_fragment

PATH: Final = "/regulation/formation"
TEMPLATE: Final = "training/templates/caller.html"


@dataclass(frozen=True, slots=True)
class Caller:
    """What the caller has said, and what they may still be asked."""

    says: str
    heard: Sequence[Turn]
    left: Sequence[Turn]


def training_of(request: Request) -> Results:
    """The nights of this installation; raises `NotFound` where there are none."""
    found: Results | None = request.app.state.ports.training
    if found is None:
        raise NotFound("there is no training here")
    return found


async def caller_of(
    request: Request, centre: Centre, case: Case, stamps: Sequence[Stamp]
) -> Caller | None:
    """The caller of a case of training; None on the real floor, or without a call."""
    if not centre.is_training:
        return None
    told = await training_of(request).nights.told(centre, case.call)
    if told is None:
        return None
    turns = turns_of(told, case.motive, asked_of(stamps))
    heard, left = [one for one in turns if one.answer], [one for one in turns if not one.answer]
    return Caller(told.says, heard, left)


async def question(request: Request) -> Response:
    """Ask a question, then give the answer: only its pane where htmx asks for a part."""
    form = await read_form(request)
    principal, centre, floor = await standing(request)
    if not centre.is_training:
        raise NotFound("there is no invented caller on the real floor")
    case, stamps = await floor.desk.case(principal, centre, number_in(request))
    error = ""
    try:
        asked = (case, stamps, form["question"])
        await ask(floor.database, floor.box, principal, asked, now_of(request))
    except RuleBroken as broken:
        error = broken.message
    if not wants_fragment(request) and not error:
        return RedirectResponse(f"/regulation/dossiers/{case.id}#appelant", status_code=303)
    case, stamps = await floor.desk.case(principal, centre, case.id)
    caller = await caller_of(request, centre, case, stamps)
    answer = fragment(request, TEMPLATE, "caller", case=case, caller=caller, error=error)
    answer.status_code = 422 if error else 200
    return answer


routes = [Route(f"{PATH}/cas/{{number}}", question, methods=["POST"])]
