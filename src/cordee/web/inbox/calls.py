"""Whom the structure has to telephone, and the proof that it did. Requirement B2.7."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.notifications.kinds import KINDS
from cordee.care.notifications.phoning import REACHED, WHY, Call
from cordee.care.record.traits import read_traits
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import Conflict, RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.guarding import signed_in
from cordee.web.identity.words import named
from cordee.web.inbox.entrance import desk_of, is_number, number_of
from cordee.web.inbox.words import local
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe
from cordee.web.rendering import page

CALLS: Final = "/a-prevenir"
TEMPLATE: Final = "inbox/templates/calls.html"


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call; `person` is None for who is not open to the reader."""

    number: int
    title: str
    person: Person | None
    href: str
    whom: str
    phone: str
    why: str
    made: str
    at: str
    done: str
    done_by: str
    called: str
    reached: str


async def show(request: Request) -> Response:
    """Give whom to telephone, or whom the structure has."""
    return await _page(request, Form())


async def act(request: Request) -> Response:
    """Keep the proof of a call."""
    form = await read_form(request)
    number = number_of(request)
    try:
        await desk_of(request).phoning.done(
            signed_in(request).principal, number, _moment(request, form), form["joint"]
        )
    except (RuleBroken, Conflict) as error:
        form.errors[f"heure-{number}"] = error.message
        return await _page(request, form, status=error.status)
    return RedirectResponse(CALLS, status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    desk, principal = desk_of(request), signed_in(request).principal
    now = request.app.state.settings.clock()
    is_done = request.query_params.get("etat", "") == "faits"
    before = request.query_params.get("avant", "")
    start = int(before) if is_number(before) else None
    found = await desk.phoning.calls(principal, done=is_done, before=start)
    accounts = request.app.state.ports.accounts
    names = await named(
        accounts, [name for one in found for name in (one.done_by, one.callee) if name]
    )
    values: dict[str, Any] = {
        "form": form,
        "rows": [_row(one, names, now) for one in found],
        "is_done": is_done,
        "reached": list(REACHED.items()),
        "hour": f"{now.astimezone(PARIS):%H:%M}",
    }
    return page(request, TEMPLATE, status=status, **values)


def _row(call: Call, names: Any, now: datetime) -> CallRow:
    person = describe(read_traits(call.patient), now.date()) if call.patient else None
    kind = KINDS.get(call.kind)
    return CallRow(
        number=call.n,
        title=kind.label if kind else _("Évènement urgent"),
        person=person,
        href=f"/patients/{person.patient_id}" if person else "",
        whom=_whom(call, names),
        phone=_phone(call),
        why=WHY[call.why],
        made=local(call.made),
        at=local(call.at),
        done=local(call.done) if call.done else "",
        done_by=names.get(call.done_by, call.done_by),
        called=local(call.called) if call.called else "",
        reached=REACHED.get(call.reached, ""),
    )


def _whom(call: Call, names: Any) -> str:
    name = call.person.get("name")
    if isinstance(name, str):
        return name
    first = next(iter(name or ()), {})
    words = [*first.get("prefix", ()), *first.get("given", ())[:1], first.get("family", "")]
    told = " ".join(one for one in words if one)
    known = names.get(call.callee, "") if call.callee else ""
    return told or known or _("Le médecin traitant, à demander à la personne")


def _phone(call: Call) -> str:
    contacts = call.person.get("telecom") or ()
    return next((str(one["value"]) for one in contacts if one.get("system") == "phone"), "")


def _moment(request: Request, form: Form) -> datetime:
    """The hour that was typed, on the last day on which it was; raises `RuleBroken`."""
    now = request.app.state.settings.clock().astimezone(PARIS)
    hours, _sep, minutes = form["heure"].replace("h", ":").partition(":")
    try:
        called = now.replace(
            hour=int(hours), minute=int(minutes or 0), second=59, microsecond=999_999
        )
    except ValueError as error:
        raise RuleBroken(_("Écrivez l’heure de l’appel, comme 14:05.")) from error
    if called.replace(second=0, microsecond=0) > now:
        return called - timedelta(days=1)
    return min(called, now)


routes = [
    Route(CALLS, show, methods=["GET"]),
    Route(f"{CALLS}/{{number}}", act, methods=["POST"]),
]
