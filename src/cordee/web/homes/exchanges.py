"""The file of a resident given and received as TDDUI; the queue of what is left. Rule: B7.2."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.homes.imports import MACHINE, Exchanges, Received
from cordee.care.record.traits import read_traits
from cordee.care.store import Resource
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import facts_of, party, reason_of, state_of
from cordee.runtime.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    ResourceInvalid,
    RuleBroken,
    Unavailable,
    VersionConflict,
)
from cordee.web.documents.uploads import read_upload
from cordee.web.forms import Form, put_errors, read_form
from cordee.web.homes.desks import REFUSED
from cordee.web.language import gettext as _
from cordee.web.passages.sending import caregiver
from cordee.web.persons import describe
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet
from cordee.web.stepping.levels import needs_level
from cordee.web.workflow.moving import move_views, read_wanted
from cordee.web.workflow.telling import written_words

LIST: Final = "homes/templates/imports.html"
ONE: Final = "homes/templates/import.html"
QUEUE: Final = "homes/templates/import_queue.html"


def exchanges_of(request: Request) -> Exchanges:
    """The service of files that come and go; raises `NotFound` where there is none."""
    found: Exchanges | None = request.app.state.ports.exchanges
    if found is None:
        raise NotFound("nothing is exchanged here")
    return found


async def export(request: Request) -> Response:
    """Give the file of a resident: line 1 of TDDUI, or the resources of line 2."""
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    needs_level(request)
    now = request.app.state.settings.clock()
    first, second = await exchanges_of(request).export(principal, patient, now)
    is_native = request.url.path.endswith("-natif.json")
    name = f"tddui-{'natif-' if is_native else ''}{now:%Y-%m-%d}.json"
    return Response(
        second if is_native else first, media_type="application/fhir+json",
        headers={"content-disposition": f'attachment; filename="{name}"',
                 "cache-control": "no-store"},
    )  # fmt: skip


async def show_all(request: Request) -> Response:
    """Give the files that were received for a resident, and the form of another."""
    caregiver(request)
    needs_level(request)
    return await _list_page(request, Form())


async def receive(request: Request) -> Response:
    """Take a file in, then show what it would write; nothing of another person is kept."""
    try:
        upload = await read_upload(request)
    except InvalidRequest:
        upload = None
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    needs_level(request)
    if upload is None:
        large = Form({}, {"fichier": _("Le fichier fait 10 Mo au plus.")})
        return await _list_page(request, large, status=422)
    sent, now = upload.form, request.app.state.settings.clock()
    try:
        desk = exchanges_of(request)
        key = await desk.receive(principal, patient, upload.content.data, now)
    except (*REFUSED, Unavailable) as error:
        status = put_errors(sent, error, {}, "fichier")
        return await _list_page(request, sent, status=status)
    return RedirectResponse(f"/patients/{patient}/dui/reprises/{key}", status_code=303)


async def show(request: Request) -> Response:
    """Give what a file would write, or what became of it."""
    caregiver(request)
    needs_level(request)
    return await _page(request, Form())


async def act(request: Request) -> Response:
    """Take in what a file brings, drop it, or say that the rest is dealt with."""
    sent = await read_form(request)
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    needs_level(request)
    key, desk = request.path_params["number"], exchanges_of(request)
    received = await desk.one(principal, patient, key)
    try:
        if sent["geste"] == "reprendre":
            await desk.take(principal, received)
        else:
            await desk.settle(principal, received, read_wanted(machines()[MACHINE], sent))
    except (RuleBroken, Conflict, ResourceInvalid, VersionConflict) as error:
        status = put_errors(sent, error, {}, "geste")
        return await _page(request, sent, status=status)
    return RedirectResponse(request.url.path, status_code=303)


async def queue(request: Request) -> Response:
    """Give the files of a home that wait, or of which something is left; also as CSV."""
    account, now = caregiver(request), request.app.state.settings.clock()
    tasks, people = await exchanges_of(request).queue(account.principal)
    persons = {f"Patient/{one['id']}": describe(read_traits(one), now.date()) for one in people}
    rows: list[dict[str, Any]] = [
        _line(one, now) | {"person": persons[party(one, "for")]}
        for one in tasks
        if party(one, "for") in persons
    ]
    if request.url.path.endswith(".csv"):
        head = [
            _("Nom de naissance"),
            _("Prénom"),
            _("Né(e) le"),
            _("Reçu le"),
            _("État"),
            _("Reste"),
        ]
        table = [
            [
                one["person"].birth_name, one["person"].first_name, one["person"].born, one["at"],
                one["state"], " ; ".join(one["left"]),
            ]
            for one in rows
        ]  # fmt: skip
        return spreadsheet("reprises-dui.csv", head, table)
    return page(request, QUEUE, rows=rows, place=account.structure)


async def _list_page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    (_rows, values), (tasks, _people) = await asyncio.gather(
        values_around(request, "documents"),
        exchanges_of(request).queue(principal, patient, is_open=False),
    )
    now = request.app.state.settings.clock()
    values |= {"form": form, "received": [_line(one, now) for one in tasks]}
    return page(request, LIST, status=status, **values)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    found, (_rows, values) = await asyncio.gather(
        exchanges_of(request).one(principal, patient, request.path_params["number"]),
        values_around(request, "documents"),
    )
    now = request.app.state.settings.clock()
    moves = [one for one in move_views(principal, found.task, now, form)
             if one.code in {"drop", "settle"}]  # fmt: skip
    values |= {"form": form, "received": _view(found, now), "moves": moves}
    return page(request, ONE, status=status, **values)


def _view(found: Received, now: Any) -> dict[str, Any]:
    brings = found.brings
    return _line(found.task, now) | {
        "document": found.document,
        "is_new": found.state == "received",
        "things": [(one.sort, one.words, one.is_known) for one in brings.things],
        "wishes": brings.wishes,
        "aims": [one.text for one in brings.aims] if brings.wishes else [],
        "unknown": brings.unknown,
        "documents": found.documents,
    }


def _line(task: Resource, now: Any) -> dict[str, Any]:
    facts, state = facts_of(task), machines()[MACHINE].states.get(state_of(task))
    return {
        "key": str(task["id"]),
        "state": _(state.label) if state else "",
        "level": "caution" if state_of(task) in {"received", "repair"} else "",
        "at": written_words(str(task.get("authoredOn", "")), now),
        "count": facts.get("count"),
        "left": [one for one in str(facts.get("left", "")).splitlines() if one],
        "reason": reason_of(task),
    }


routes = [
    Route("/residents/reprises", queue, methods=["GET"]),
    Route("/residents/reprises.csv", queue, methods=["GET"]),
    Route("/patients/{patient_id}/dui/export.json", export, methods=["GET"]),
    Route("/patients/{patient_id}/dui/export-natif.json", export, methods=["GET"]),
    Route("/patients/{patient_id}/dui/reprises", show_all, methods=["GET"]),
    Route("/patients/{patient_id}/dui/reprises", receive, methods=["POST"]),
    Route("/patients/{patient_id}/dui/reprises/{number}", show, methods=["GET"]),
    Route("/patients/{patient_id}/dui/reprises/{number}", act, methods=["POST"]),
]
