"""One document: what it is, its content in the page or as a file. Requirement A3.9."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from cordee.care.documents.intake import need_writer, type_of
from cordee.care.documents.lots import category_of
from cordee.care.documents.ports import Resource
from cordee.care.record.concepts import label, person
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import AccessDenied, NotFound
from cordee.web.documents.contents import Shown, file_of, shown_of
from cordee.web.documents.entrance import desk_of, names_of, reader_of
from cordee.web.documents.words import LEVELS, category_label, in_dmp, type_label
from cordee.web.forms import Form
from cordee.web.identity.words import named
from cordee.web.language import gettext as _
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.stepping.levels import needs_level

TEMPLATE: Final = "documents/templates/document.html"
_STATUS: Final = {
    "superseded": _("remplacé par une version plus récente"),
    "entered-in-error": _("retiré"),
}


async def show(request: Request) -> Response:
    """Give a document of a record; it counts as a consultation."""
    return await document_page(request, Form())


async def document_page(request: Request, form: Form, *, status: int = 200) -> Response:
    """Give the page of a document, with what a form of it said."""
    who = reader_of(request)
    needs_level(request)
    patient, number = names_of(request)
    desk = desk_of(request)
    if request.method == "GET":
        document = await desk.openings.open(who, patient, number)
    else:
        document = await desk.openings.look(who.principal, patient, number)
    rows, values = await values_around(request, "documents")
    states = await desk.deposits.states(patient)
    state = states.get(number, {})
    request.scope["state"]["frames"] = "holds"
    values |= {
        "form": form,
        "number": number,
        "address": f"/patients/{patient}/documents/{number}",
        "shown": await _shown(request, document),
        "facts": facts_of(document, rows.names),
        "title": title_of(document),
        **await _story(request, patient, number),
        "fate": _STATUS.get(str(document.get("status")), ""),
        "dmp": in_dmp(state.get("act", ""), state.get("state", "")),
        "dmp_level": LEVELS.get(state.get("state", ""), ""),
        "may_change": _may_change(request, document),
    }
    return page(request, TEMPLATE, status=status, **values)


async def file(request: Request) -> Response:
    """Give the content of a document as it is, to be shown inside of its page, or saved."""
    principal = reader_of(request).principal
    needs_level(request)
    patient, number = names_of(request)
    desk = desk_of(request)
    document = await desk.openings.look(principal, patient, number)
    content = await desk.openings.content(principal, document)
    return await file_of(request, content, title_of(document))


def title_of(document: Resource) -> str:
    """The title of a document, else its description, else its type."""
    held = next(iter(document.get("content", ())), {}).get("attachment", {})
    given = held.get("title") or document.get("description")
    return str(given or label(document.get("type")) or _("Sans titre"))


def facts_of(document: Resource, names: Any) -> list[tuple[str, str]]:
    """Give what a document is, as pairs of a name and a value."""
    authors = [person(one, names) for one in document.get("author", ())]
    category = category_of(dict(document))
    found = [
        (_("Type"), type_label(type_of(document)) or label(document.get("type"))),
        (_("Catégorie"), category_label(category) if category else ""),
        (_("Date"), french.short_date(str(document.get("date", ""))[:10])),
        (_("Auteur"), ", ".join(filter(None, authors))),
        (_("Structure"), person(document.get("custodian"), names)),
    ]
    return [(name, value) for name, value in found if value]


async def _story(request: Request, patient: str, number: str) -> dict[str, str]:
    """Give what became of it in a sentence, and the address of what replaces it."""
    row = await desk_of(request).deposits.story(patient, number)
    if row is None:
        return {"story": "", "newer": ""}
    names = await named(request.app.state.ports.accounts, [row["by"]])
    told = {
        "day": french.short_date(row["at"].astimezone(PARIS).date()), "who": names[row["by"]],
        "reason": row["reason"],
    }  # fmt: skip
    if row["step"] == "withdrawn":
        return {"story": _("Retiré le %(day)s par %(who)s : %(reason)s") % told, "newer": ""}
    place = f"/patients/{patient}/documents/{row['other']}"
    return {"story": _("Remplacé le %(day)s par %(who)s.") % told, "newer": place}


async def _shown(request: Request, document: Resource) -> Shown:
    principal = reader_of(request).principal
    try:
        content = await desk_of(request).openings.content(principal, document)
    except NotFound:
        return Shown("none")
    return await shown_of(content)


def _may_change(request: Request, document: Resource) -> bool:
    if document.get("status") != "current":
        return False
    try:
        need_writer(reader_of(request).principal, document)
    except AccessDenied:
        return False
    return True
