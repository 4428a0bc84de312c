"""A document of the person somebody acts for: what it is, and its content."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.care.documents.ports import Resource
from cordee.runtime.errors import NotFound
from cordee.web.documents.contents import Shown, file_of, shown_of
from cordee.web.documents.entrance import desk_of
from cordee.web.documents.showing import facts_of, title_of
from cordee.web.relatives.center import HERE
from cordee.web.relatives.record import acting_on, rows_of
from cordee.web.rendering import page

TEMPLATE: Final = "relatives/templates/paper.html"
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")


async def show(request: Request) -> Response:
    """Give a document that was opened to the person."""
    principal, mandate = await acting_on(request)
    document = await _read(request)
    rows = await rows_of(request, principal, mandate, "document")
    try:
        content = await desk_of(request).openings.content(principal, document)
        shown = await shown_of(content)
    except NotFound:
        shown = Shown("none")
    here = f"{HERE}/{mandate.id}"
    request.scope["state"]["frames"] = "holds"
    return page(
        request, TEMPLATE, title=title_of(document), facts=facts_of(document, rows.names),
        shown=shown, here=here, number=document["id"], address=f"{here}/documents/{document['id']}",
    )  # fmt: skip


async def file(request: Request) -> Response:
    """Give the content of a document as it is."""
    principal, _ = await acting_on(request)
    document = await _read(request)
    content = await desk_of(request).openings.content(principal, document)
    return await file_of(request, content, title_of(document))


async def _read(request: Request) -> Resource:
    principal, mandate = await acting_on(request)
    number = request.path_params["number"]
    if not _ID.fullmatch(number):
        raise NotFound("there is nothing at this address")
    return await desk_of(request).openings.look(principal, mandate.patient, number)


routes = [
    Route("/mes-proches/{mandate}/documents/{number}", show, methods=["GET"]),
    Route("/mes-proches/{mandate}/documents/{number}/fichier", file, methods=["GET"]),
]
