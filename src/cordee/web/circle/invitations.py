"""Mes invitations: the circles that the signed-in professional is asked to join."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.circle.steps import Past
from cordee.runtime.errors import NotFound, RuleBroken, VersionConflict
from cordee.web.circle.entrance import desk_of, number_of, professional
from cordee.web.circle.words import role_label
from cordee.web.forms import Form, read_form
from cordee.web.rendering import page

PATH: Final = "/mes-invitations"
TEMPLATE: Final = "circle/templates/invitations.html"


async def show(request: Request) -> Response:
    """Give the invitations that wait."""
    professional(request)
    return await _page(request, Form())


async def answer(request: Request) -> Response:
    """Accept, and open the record; or decline, and show what is left."""
    form = await read_form(request)
    principal, number = professional(request).principal, number_of(form["invitation"])
    inviting, at = desk_of(request).inviting, request.app.state.settings.clock()
    try:
        if form["geste"] == "accepter":
            patient = await inviting.accept(principal, number, at)
            return RedirectResponse(f"/patients/{patient}/cercle", status_code=303)
        if form["geste"] != "decliner":
            raise NotFound("there is no such gesture")
        await inviting.decline(principal, number, form["raison"], at)
    except (RuleBroken, VersionConflict) as error:
        form.errors[form["invitation"]] = error.message
        return await _page(request, form, status=422)
    return RedirectResponse(PATH, status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal = professional(request).principal
    inviting, at = desk_of(request).inviting, request.app.state.settings.clock()
    found = await inviting.waiting(principal, at)
    hints = await asyncio.gather(*(inviting.hint(one.step.patient) for one in found))
    return page(request, TEMPLATE, status=status, form=form, invited=_rows(found, hints))


def _rows(found: tuple[Past, ...], hints: list[str]) -> list[tuple[Past, str, str]]:
    return [(one, hint, role_label(one.step.role)) for one, hint in zip(found, hints, strict=True)]
