"""My rights: ask for a copy, a correction, a limitation; see what becomes of it. Rule: A6.3."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.consulting import own_record
from cordee.access.rights.requesting import Right
from cordee.runtime.errors import RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.rights.words import RIGHTS, request_row
from cordee.web.trust import trust_of

TEMPLATE = "rights/templates/rights.html"
HERE = "/mes-droits"


async def rights(request: Request) -> Response:
    """Give what the signed-in patient may ask and what they asked."""
    return await _page(request, Form())


async def ask(request: Request) -> Response:
    """Keep a request."""
    form, account = await read_form(request), signed_in(request)
    own_record(account.principal)
    if form["droit"] not in set(Right):
        form.errors["droit"] = _("Choisissez ce que vous demandez")
        return await _page(request, form)
    try:
        await trust_of(request).rights.file(
            account.principal, Right(form["droit"]), form["mots"], _now(request)
        )
    except RuleBroken as error:
        form.errors["droit"] = error.message
        return await _page(request, form)
    return RedirectResponse(HERE, status_code=303)


async def copy(request: Request) -> Response:
    """Give the ZIP of a request of the signed-in patient."""
    principal = signed_in(request).principal
    own_record(principal)
    return await answer_file(request, principal)


async def answer_file(request: Request, principal: Any) -> Response:
    """Give the ZIP that answers a request, for who may have it."""
    try:
        number = UUID(request.path_params["key"])
    except ValueError as error:
        raise HTTPException(404) from error
    trust, now = trust_of(request), _now(request)
    found = await trust.rights.one(principal, number)
    made = await trust.answering.archive(principal, found, now)
    name = f"mes-donnees-{now:%Y-%m-%d}.zip"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(made, media_type="application/zip", headers=headers)


async def _page(request: Request, form: Form) -> Response:
    account, now = signed_in(request), _now(request)
    found = await trust_of(request).rights.mine(account.principal)
    return page(
        request, TEMPLATE, status=422 if form.errors else 200, form=form, rights=RIGHTS,
        rows=[request_row(one, now) for one in found], here=HERE,
    )  # fmt: skip


def _now(request: Request) -> Any:
    return request.app.state.settings.clock()


routes = [
    Route(HERE, rights, methods=["GET"]),
    Route(HERE, ask, methods=["POST"]),
    Route(HERE + "/{key}/copie.zip", copy, methods=["GET"]),
]
