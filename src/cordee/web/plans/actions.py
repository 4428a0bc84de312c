"""The actions of an effector, theirs alone: ticked, commented, outside of the circle too. B3.4."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.plans.effecting import OwnAction
from cordee.care.plans.plan import ACTION
from cordee.care.record.traits import read_traits
from cordee.care.workflow.machines import machines
from cordee.runtime.errors import AccessDenied, Conflict, RuleBroken, VersionConflict
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe
from cordee.web.plans.entrance import effecting_of, effector
from cordee.web.plans.words import ActionView, action_view
from cordee.web.rendering import page
from cordee.web.requests.entrance import number_of
from cordee.web.sheets import spreadsheet
from cordee.web.workflow.moving import MOVE, move_views, read_wanted
from cordee.web.workflow.telling import DueView, due_view

LIST: Final = "plans/templates/actions.html"
ONE: Final = "plans/templates/action.html"


@dataclass(frozen=True, slots=True)
class OwnRow:
    """An action with its person, as a line."""

    person: Person
    action: ActionView
    due: DueView | None


async def mine(request: Request) -> Response:
    """Give the actions that somebody holds, and those that are over; also as CSV."""
    account, desk = effector(request), effecting_of(request)
    is_over = request.query_params.get("vue") == "finies"
    read = desk.over if is_over else desk.running
    now = request.app.state.settings.clock()
    rows = [own_row(one, now) for one in await read(account.principal)]
    if request.url.path.endswith(".csv"):
        head = [
            _("Personne"), _("Né(e) le"), _("Action"), _("Type"), _("Échéance"), _("État"),
            _("Motif"),
        ]  # fmt: skip
        table = [
            [f"{one.person.birth_name} {one.person.first_name}", one.person.born,
             one.action.text, one.action.kind, one.action.due, one.action.state,
             one.action.reason]
            for one in rows
        ]  # fmt: skip
        return spreadsheet("mes-actions.csv", head, table)
    return page(request, LIST, rows=rows, is_over=is_over)


async def show(request: Request) -> Response:
    """Give one action."""
    return await _page(request, Form())


async def act(request: Request) -> Response:
    """Move an action, or say something about it; what was typed stays when it is refused."""
    sent = await read_form(request)
    account, desk, number = effector(request), effecting_of(request), number_of(request)
    await desk.one(account.principal, number)
    try:
        if sent[MOVE] == "dire":
            await desk.comment(account.principal, number, sent["commentaire"])
        else:
            await desk.move(account.principal, number, read_wanted(machines()[ACTION], sent))
    except VersionConflict:
        sent.errors[MOVE] = _("Quelqu’un vient de changer cette page : relisez, puis recommencez.")
        return await _page(request, sent, status=409)
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors[MOVE] = error.message
        return await _page(request, sent, status=error.status)
    back = "/mes-actions" if sent["retour"] == "liste" else f"/mes-actions/{number}"
    return RedirectResponse(back, status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    account, desk, number = effector(request), effecting_of(request), number_of(request)
    found = await desk.one(account.principal, number)
    now = request.app.state.settings.clock()
    return page(
        request,
        ONE,
        status=status,
        one=own_row(found, now),
        moves=move_views(account.principal, found.action.task, now, form),
        form=form,
    )


def own_row(found: OwnAction, now: datetime) -> OwnRow:
    """The words of an action with its person."""
    person = describe(read_traits(found.patient), now.date())
    due = due_view(machines()[ACTION], found.action.state, found.due, now)
    return OwnRow(person, action_view(found.action, "", now), due)
