"""The call two days after a discharge, question by question. B5.7."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.discharges.calling import NOBODY, SCRIPT, Answers
from cordee.care.discharges.planner import Planned
from cordee.care.workflow.machines import machines
from cordee.runtime.errors import AccessDenied, Conflict, RuleBroken, VersionConflict
from cordee.web.discharges.entrance import desk_of, here, planned_of
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker

TEMPLATE: Final = "discharges/templates/call.html"
_QUESTION: Final = "q-"


async def form(request: Request) -> Response:
    """Give the script of the call."""
    return await _page(request, await planned_of(request), Form())


async def keep(request: Request) -> Response:
    """Keep what was answered, then show the planner."""
    sent = await read_form(request)
    planned = await planned_of(request)
    who = sent["qui"] if sent["qui"] in machines()["discharge"].facts["call"].choices else ""
    said = {
        one.code: sent[_QUESTION + one.code] == "oui"
        for one in SCRIPT
        if sent[_QUESTION + one.code] in {"oui", "non"}
    }
    if who and who != NOBODY:
        for one in SCRIPT:
            if one.code not in said:
                sent.errors[_QUESTION + one.code] = _("Répondez oui ou non.")
    try:
        if not sent.errors:
            answers = Answers(who, said, sent["remarques"])
            await desk_of(request).calls.keep(asker(request).principal, planned.number, answers)
            return RedirectResponse(here(planned), status_code=303)
    except VersionConflict:
        sent.errors["qui"] = _("Quelqu’un vient de changer cette page : relisez, puis recommencez.")
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors["qui"] = error.message
    return await _page(request, planned, sent, status=422)


async def _page(request: Request, planned: Planned, form: Form, *, status: int = 200) -> Response:
    _rows, values = await values_around(request, "sorties")
    choices: dict[str, str] = machines()["discharge"].facts["call"].choices
    more: dict[str, Any] = {
        "form": form,
        "back": here(planned),
        "whom": [(code, _(text)) for code, text in choices.items()],
        "questions": [(_QUESTION + one.code, _(one.text), one.alarm is not None) for one in SCRIPT],
        "relatives": values["view"].circle.items,
    }
    return page(request, TEMPLATE, status=status, **values | more)
