"""The DMP of a patient: its list, and one document of it. Requirements A2.9, A3.9."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from cordee.care.documents.consulting import Entry
from cordee.runtime import french
from cordee.runtime.errors import RuleBroken, TimedOut, Unavailable
from cordee.web.documents.contents import file_of, shown_of
from cordee.web.documents.entrance import depositor, desk_of, names_of, reader_of
from cordee.web.documents.words import type_label
from cordee.web.forms import Form
from cordee.web.language import gettext as _
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.stepping.levels import needs_level

TEMPLATE: Final = "documents/templates/dmp.html"
ONE: Final = "documents/templates/document.html"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list."""

    title: str
    type: str
    day: str
    href: str
    here: bool


async def show(request: Request) -> Response:
    """Give the list of what the DMP holds, or why it cannot be read."""
    depositor(request)
    needs_level(request)
    patient, _number = names_of(request)
    _rows, values = await values_around(request, "documents")
    values |= {"lines": [], "refused": ""}
    try:
        found = await desk_of(request).dmp.entries(reader_of(request), patient)
        values["lines"] = [_line(patient, one) for one in found]
    except (RuleBroken, Unavailable, TimedOut) as error:
        values["refused"] = error.message
    return page(request, TEMPLATE, **values)


async def document(request: Request) -> Response:
    """Give one document of the DMP; it counts as a consultation."""
    depositor(request)
    needs_level(request)
    patient, number = names_of(request)
    listed, content = await desk_of(request).dmp.open(reader_of(request), patient, number)
    _rows, values = await values_around(request, "documents")
    request.scope["state"]["frames"] = "holds"
    told: dict[str, Any] = values | {
        "form": Form(),
        "number": "",
        "address": f"/patients/{patient}/dmp/{number}",
        "shown": await shown_of(content),
        "facts": [
            (_("Type"), type_label(listed.type)),
            (_("Date"), french.short_date(listed.date[:10])),
        ],
        "title": listed.title or type_label(listed.type),
        "story": "",
        "fate": "",
        "dmp": _("lu dans le DMP"),
        "dmp_level": "",
        "may_change": False,
    }
    return page(request, ONE, **told)


async def file(request: Request) -> Response:
    """Give the content of a document of the DMP."""
    account = depositor(request)
    needs_level(request)
    patient, number = names_of(request)
    listed, content = await desk_of(request).dmp.content(account.principal, patient, number)
    return await file_of(request, content, listed.title or type_label(listed.type))


def _line(patient: str, entry: Entry) -> Line:
    listed = entry.listed
    base = f"/patients/{patient}"
    href = f"{base}/documents/{entry.here}" if entry.here else f"{base}/dmp/{listed.remote}"
    return Line(
        title=listed.title or type_label(listed.type),
        type=type_label(listed.type),
        day=french.short_date(listed.date[:10]),
        href=href,
        here=bool(entry.here),
    )
