"""My choices: oppositions, who is kept out, what is hidden, codes, the record as others see it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.consulting import own_record
from cordee.access.previewing import Viewer, preview
from cordee.access.registers.statements import Said
from cordee.care.record.ports import RecordRows
from cordee.runtime.errors import AccessDenied, RuleBroken
from cordee.web.choices.elements import element_of, groups_of, shown_of
from cordee.web.choices.people import name_of, people_of
from cordee.web.choices.words import SECONDARY, SHARING, VIEWERS, spoken, switches
from cordee.web.forms import Form, read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.trust import trust_of

CHOICES = "choices/templates/choices.html"
HIDING = "choices/templates/hiding.html"
PREVIEW = "choices/templates/preview.html"
HERE = "/mes-choix"


async def choices(request: Request) -> Response:
    """Give all choices of the signed-in patient as they stand."""
    return await _page(request, Form())


async def choose(request: Request) -> Response:
    """Keep one choice; a code is shown once, on the page that made it."""
    form = await read_form(request)
    if form["geste"] == "code":
        trust, account = trust_of(request), signed_in(request)
        code, ends = await trust.consulting.make_code(account.principal, _now(request))
        return await _page(request, form, code=f"{code[:3]} {code[3:]}", code_ends=ends)
    try:
        await _keep(request, form)
    except RuleBroken as error:
        form.errors["qui"] = error.message
        return await _page(request, form)
    return RedirectResponse(HERE, status_code=303)


async def hiding(request: Request) -> Response:
    """Give the elements of one's record, with the button that hides each."""
    rows = await _record(request)
    state = await trust_of(request).choosing.state(signed_in(request).principal, _now(request))
    return page(request, HIDING, groups=groups_of(rows, state.visibilities))


async def hide(request: Request) -> Response:
    """Hide an element, or show it again."""
    form = await read_form(request)
    await trust_of(request).choosing.mask(
        signed_in(request).principal, form["element"], holds=form["geste"] == "cacher",
        at=_now(request),
    )  # fmt: skip
    return RedirectResponse(f"{HERE}/documents", status_code=303)


async def see_as(request: Request) -> Response:
    """Give one's record as somebody else would see it, by the decision."""
    asked = request.path_params["viewer"]
    if asked not in set(Viewer):
        raise HTTPException(404)
    rows, now = await _record(request), _now(request)
    state = await trust_of(request).choosing.state(signed_in(request).principal, now)
    held = (
        *rows.documents, *rows.problems, *rows.allergies, *rows.treatments, *rows.results,
    )  # fmt: skip
    shown = shown_of(preview(Viewer(asked), held, state, now), rows, state.visibilities)
    return page(
        request, PREVIEW, viewers=VIEWERS, viewer=asked, who=VIEWERS[Viewer(asked)],
        seen=[one for one in shown if one.is_seen],
        unseen=[one for one in shown if not one.is_seen],
    )  # fmt: skip


async def _keep(request: Request, form: Form) -> None:
    trust, principal, now = trust_of(request), signed_in(request).principal, _now(request)
    holds = form["tenir"] == "oui"
    match form["geste"]:
        case "dire" if form["quoi"] in set(Said) - {Said.BLOCKED}:
            await trust.choosing.say(principal, Said(form["quoi"]), holds=holds, at=now)
        case "bloquer":
            await trust.choosing.block(principal, form["qui"], holds=holds, at=now)
        case "repondre":
            await trust.consulting.answer(principal, _uuid(form["demande"]), accepted=holds, at=now)
        case _:
            raise HTTPException(400)


async def _page(request: Request, form: Form, **more: Any) -> Response:
    trust, account, now = trust_of(request), signed_in(request), _now(request)
    state = await trust.choosing.state(account.principal, now)
    rows = await _record(request)
    blocked = {one: name_of(one, rows) for one in sorted(state.consent.blocked)}
    people = people_of(rows, {*state.attending, *state.consent.blocked})
    asked = await trust.consulting.waiting(account.principal, now)
    known = await request.app.state.ports.accounts.known({one.agent for one in asked})
    hidden = [one for group in groups_of(rows, state.visibilities) for one in group.elements]
    values: dict[str, Any] = {
        "form": form, "sharing": switches(SHARING, state.said), "blocked": blocked,
        "secondary": switches(SECONDARY, state.said), "people": people, "viewers": VIEWERS,
        "hidden": [one for one in hidden if one.is_hidden], "code": "", "code_ends": now,
        "asked": [(one, known.get(one.agent)) for one in asked],
        "past": await _past(request, rows),
    }  # fmt: skip
    return page(request, CHOICES, status=422 if form.errors else 200, **values | more)


async def _past(request: Request, rows: RecordRows) -> list[Any]:
    account = signed_in(request)
    lines = await trust_of(request).choosing.history(account.principal)
    held = (*rows.documents, *rows.problems, *rows.allergies, *rows.treatments, *rows.results)
    titles = {f"{one.get('resourceType')}/{one.get('id')}": one for one in held}
    found = []
    for line in lines:
        resource = titles.get(line.target)
        name = element_of(resource, rows, {}).title if resource else name_of(line.target, rows)
        if said := spoken(line, name, account.user):
            found.append(said)
    return found


async def _record(request: Request) -> RecordRows:
    principal = signed_in(request).principal
    rows = await request.app.state.ports.records.open_record(
        principal, own_record(principal), reason="choices"
    )
    if rows is None:
        raise AccessDenied(_("there is no record of this person here"))
    return rows


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise HTTPException(404) from error


def _now(request: Request) -> Any:
    return request.app.state.settings.clock()


routes = [
    Route("/mes-choix", choices, methods=["GET"], name="choices"),
    Route("/mes-choix", choose, methods=["POST"]),
    Route("/mes-choix/documents", hiding, methods=["GET"]),
    Route("/mes-choix/documents", hide, methods=["POST"]),
    Route("/mes-choix/voir/{viewer}", see_as, methods=["GET"]),
]
