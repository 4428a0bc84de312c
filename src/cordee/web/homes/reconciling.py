"""Treatments of before beside those that came back: compared, decided, validated. Rule: B7.9."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.homes.comparing import Line, compare, typed_list
from cordee.care.homes.deciding import Decision, decided_of
from cordee.care.homes.gathering import both_lists, documents_since
from cordee.care.homes.reconciling import MACHINE, Reconciliation, Reconciliations
from cordee.care.record.ports import RecordRows, Resource
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import facts_of, party, reason_of, state_of
from cordee.runtime import french
from cordee.runtime.clock import PARIS, instant
from cordee.runtime.errors import (
    AccessDenied,
    Conflict,
    NotFound,
    ResourceInvalid,
    RuleBroken,
    VersionConflict,
)
from cordee.web.forms import Form, form_number, read_form
from cordee.web.homes.words import decided_views, field, line_views
from cordee.web.language import gettext as _
from cordee.web.record.dosages import dosage_words
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker, number_of
from cordee.web.sheets import spreadsheet
from cordee.web.workflow.moving import MOVE, move_views, read_wanted
from cordee.web.workflow.telling import due_view, story_rows, written_words

LIST: Final = "homes/templates/reconciliations.html"
ONE: Final = "homes/templates/reconciliation.html"
_FIELDS: Final = 400
_DOCUMENTS: Final = 10
_KEPT: Final = ("propose", "typed")


async def of_patient(request: Request) -> Response:
    """Give the comparisons of a resident."""
    return await _list_page(request, Form({"numero": str(uuid4())}))


async def start(request: Request) -> Response:
    """Begin a comparison by hand, then show it."""
    sent = await read_form(request)
    principal, patient = asker(request).principal, request.path_params["patient_id"]
    try:
        left = datetime.fromisoformat(sent["depart"]).replace(tzinfo=PARIS)
    except ValueError:
        sent.errors["depart"] = _("Donnez le jour et l’heure du départ.")
        return await _list_page(request, sent, status=422)
    try:
        key = await _desk(request).start(principal, patient, form_number(sent), instant(left))
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors["depart"] = error.message
        return await _list_page(request, sent, status=error.status)
    return RedirectResponse(f"/patients/{patient}/conciliations/{key}", status_code=303)


async def show(request: Request) -> Response:
    """Give one comparison, to be decided or as it was decided; also as CSV."""
    return await _page(request, Form())


async def act(request: Request) -> Response:
    """Keep what was typed, propose, or make another move; nothing typed is lost."""
    sent = await read_form(request, _FIELDS)
    principal, patient = asker(request).principal, request.path_params["patient_id"]
    desk, key = _desk(request), number_of(request)
    try:
        if sent[MOVE] in _KEPT:
            (rows, _values), present = await asyncio.gather(
                values_around(request, "traitements"), desk.one(principal, patient, key)
            )
            if sent[MOVE] == "typed":
                await desk.note_typed(principal, present, sent["saisie"])
            else:
                lines = _lines(rows, present)
                known = await desk.physicians(principal, rows)
                physician = sent["medecin"] if sent["medecin"] in known else ""
                await desk.propose(principal, present, lines, _decisions(lines, sent), physician)
        else:
            present = await desk.one(principal, patient, key)
            await desk.move(principal, present, read_wanted(machines()[MACHINE], sent))
    except VersionConflict:
        sent.errors[MOVE] = _("Quelqu’un vient de changer cette page : relisez, puis recommencez.")
        return await _page(request, sent, status=409)
    except ResourceInvalid as error:
        for issue in error.issues():
            where = issue.expression[0] if issue.expression else ""
            sent.errors[field(where, "choix")] = issue.message
        return await _page(request, sent, status=422)
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors["medecin" if sent[MOVE] == "propose" else MOVE] = error.message
        return await _page(request, sent, status=error.status)
    return RedirectResponse(request.url.path, status_code=303)


async def _list_page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, patient = asker(request).principal, request.path_params["patient_id"]
    (rows, values), found = await asyncio.gather(
        values_around(request, "traitements"), _desk(request).of_patient(principal, patient)
    )
    now = request.app.state.settings.clock()
    states = machines()[MACHINE].states
    home = party(rows.patient, "managingOrganization")
    values |= {
        "form": form,
        "found": [
            (
                f"/patients/{patient}/conciliations/{one['id']}",
                _(states[state_of(one)].label),
                written_words(str(one.get("authoredOn", "")), now),
                state_of(one) in {"validated", "cancelled"},
            )
            for one in found
        ],
        "can_start": bool(home) and home == principal.structure,
    }
    return page(request, LIST, status=status, **values)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, patient = asker(request).principal, request.path_params["patient_id"]
    key, desk = number_of(request), _desk(request)
    (rows, values), present, story = await asyncio.gather(
        values_around(request, "traitements"), desk.one(principal, patient, key), desk.story(key)
    )
    machine, task = machines()[MACHINE], present.task
    now, state = request.app.state.settings.clock(), state_of(task)
    kept = decided_of(present.decided) if present.decided else []
    if request.url.path.endswith(".csv"):
        return _csv(kept)
    mine = party(task, "owner") == principal.structure
    deciding = state == "comparing" and mine
    typed = form["saisie"] if form[MOVE] == "typed" else str(facts_of(task).get("typed", ""))
    values |= {
        "form": form,
        "number": key,
        "state": _(machine.states[state].label),
        "is_validated": state == "validated",
        "reason": reason_of(task),
        "due": due_view(machine, state, present.due, now),
        "left": _left_words(task),
        "typed": typed,
        "deciding": deciding,
        "lines": _line_views(rows, present, form) if deciding else [],
        "decided": [] if deciding else decided_views(kept),
        "papers": _papers(rows, task, patient),
        "physicians": list((await desk.physicians(principal, rows)).items()) if deciding else [],
        "moves": [one for one in move_views(principal, task, now, form) if one.code != "propose"],
        "story": await story_rows(request, machine, story),
        "passage": _passage(task, patient),
    }
    return page(request, ONE, status=status, **values)


def _lines(rows: RecordRows, present: Reconciliation) -> list[Line]:
    before, after = both_lists(rows, _left(present.task), present.stay, dosage_words)
    return compare(before, [*after, *typed_list(str(facts_of(present.task).get("typed", "")))])


def _line_views(rows: RecordRows, present: Reconciliation, form: Form) -> list[Any]:
    kept = decided_of(present.decided) if present.decided else []
    sent = form if form[MOVE] == "propose" else Form()
    return list(line_views(_lines(rows, present), sent, kept))


def _decisions(lines: list[Line], sent: Form) -> dict[str, Decision]:
    return {
        one.key: Decision(
            sent[field(one.key, "choix")],
            sent[field(one.key, "raison")],
            sent[field(one.key, "dose")],
        )
        for one in lines
    }


def _csv(kept: list[Any]) -> Response:
    head = [
        _("Médicament"), _("Avant"), _("Au retour"), _("Différence"), _("Décision"), _("Dose"),
        _("Pourquoi"),
    ]  # fmt: skip
    rows = [
        [one.name, one.before, one.after, one.kind, one.decision, one.dose, one.reason]
        for one in decided_views(kept)
    ]
    return spreadsheet("conciliation.csv", head, rows)


def _papers(rows: RecordRows, task: Resource, patient: str) -> list[tuple[str, str, str]]:
    """Documents that came since the departure: title, day, address."""
    found = [
        one
        for one in documents_since(rows, _left(task))
        if one["resourceType"] == "DocumentReference"
    ]
    return [
        (
            str(one.get("description") or (one.get("type") or {}).get("text") or _("Document")),
            french.short_date(str(one.get("date", ""))[:10]),
            f"/patients/{patient}/documents/{one['id']}",
        )
        for one in found[:_DOCUMENTS]
    ]


def _passage(task: Resource, patient: str) -> str:
    """Where the passage that opened it is, "" for one that was begun by hand."""
    kind, _slash, key = party(task, "focus").partition("/")
    return f"/patients/{patient}/urgences/{key}" if kind == "Task" else ""


def _left(task: Resource) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(facts_of(task).get("departed-at", "")))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _left_words(task: Resource) -> str:
    left = _left(task)
    if left is None:
        return ""
    here = left.astimezone(PARIS)
    return f"{french.short_date(here.date())} {french.clock(here)}"


def _desk(request: Request) -> Reconciliations:
    desk: Reconciliations | None = request.app.state.ports.reconciliations
    if desk is None:
        raise NotFound("nothing is compared here")
    return desk


_PATIENT = "/patients/{patient_id}/conciliations"
routes = [
    Route(_PATIENT, of_patient, methods=["GET"]),
    Route(_PATIENT, start, methods=["POST"]),
    Route(f"{_PATIENT}/{{number}}.csv", show, methods=["GET"]),
    Route(f"{_PATIENT}/{{number}}", show, methods=["GET"]),
    Route(f"{_PATIENT}/{{number}}", act, methods=["POST"]),
]
